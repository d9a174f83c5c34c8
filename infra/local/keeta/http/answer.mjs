/** How does a node put a result or a refusal on the wire? */
import { Utils } from '../ledger/sdk.mjs';

const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** The body as an object; an empty one is {}. Throws when it is no JSON object or too long. */
export async function readBody(request) {
	const chunks = [];
	let length = 0;
	for await (const chunk of request) {
		length += chunk.length;
		if (length > BODY_BYTES_MAX) {
			throw new Error('Request body is too long');
		}
		chunks.push(chunk);
	}
	const body = length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
	if (typeof body !== 'object' || body === null || Array.isArray(body)) {
		throw new Error('Request body must be a JSON object');
	}
	return body;
}

/** The official serializer writes integers, hashes, accounts and the `$binary` of blocks and votes. */
export function send(response, status, value) {
	const text = JSON.stringify(Utils.Conversion.toJSONSerializable(value, { addBinary: true }));
	response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
	response.end(text);
}

/** A coded refusal is 400 and an uncoded one 500; clients should look at the code alone. */
export function sendError(response, error) {
	if (typeof error.code === 'string' && typeof error.toJSON === 'function') {
		const { shouldRetry, retryDelay } = error;
		send(response, 400, { error: true, ...error.toJSON(), shouldRetry, retryDelay });
	} else {
		send(response, 500, { error: true, message: error.message });
	}
}
