/**
 * What has this network accepted, in an order that can be replayed after a crash?
 *
 * One append-only file for all representatives, one JSON record per line, and a record is on
 * disk (fdatasync) before the request that made it is answered. Why a log and not a database:
 * the ledger's own inputs (staples, and the votes a representative has given) are the whole
 * truth, everything else is computed from them by the official code, and an append has exactly
 * one way to fail half way, which is a last line without its end. That line was never
 * acknowledged, so it is cut off at the next start.
 */
import fs from 'node:fs';

const NEWLINE = 0x0a;

/** Complete lines of the file; `length` is where the last complete one ends. */
function completeLines(path) {
	const bytes = fs.readFileSync(path);
	const length = bytes.lastIndexOf(NEWLINE) + 1;
	const lines = bytes.subarray(0, length).toString('utf8').split('\n').slice(0, -1);
	return { lines, length };
}

function parseLine(line, index, path) {
	try {
		return JSON.parse(line);
	} catch {
		throw new Error(`${path}: line ${index + 1} is damaged; move the file away to start anew`);
	}
}

export class Journal {
	#file;

	/**
	 * Open or create. `header` says which network the file belongs to; a file of another network
	 * is refused, because its staples would not fit this genesis.
	 */
	constructor(path, header) {
		const fresh = !fs.existsSync(path) || completeLines(path).length === 0;
		const { lines, length } = fresh ? { lines: [], length: 0 } : completeLines(path);
		const [found, ...records] = lines.map((line, index) => parseLine(line, index, path));
		if (!fresh && JSON.stringify(found) !== JSON.stringify(header)) {
			throw new Error(`${path} belongs to another network: ${JSON.stringify(found)}, not ${JSON.stringify(header)}`);
		}
		/** Records of earlier runs, oldest first. */
		this.records = records;
		this.#file = fs.openSync(path, 'a');
		fs.ftruncateSync(this.#file, length);
		if (fresh) {
			this.append(header);
		}
	}

	/** Returns when the record is durable. Throws what the file system throws. */
	append(record) {
		fs.writeSync(this.#file, `${JSON.stringify(record)}\n`);
		fs.fdatasyncSync(this.#file);
	}

	close() {
		fs.closeSync(this.#file);
	}
}
