// Signatures of blocks and certificates, and the statements that wallets sign.

import { KEYS, Utils, address, hash, hex, named } from './sdk.mjs';

const MESSAGES = ['', '00', '68656c6c6f', 'ff'.repeat(32), 'c3a9'.repeat(100)];
const raw = { raw: true, forCert: true };

async function signature(name, message) {
	const account = named(name);
	const data = Buffer.from(message, 'hex');
	const ed25519 = name.startsWith('ED25519');
	const certificate = await account.sign(ed25519 ? data : Utils.Hash.Hash(data), raw);
	return { key: name, message, signature: hex((await account.sign(data)).get()), certificate: hex(certificate.get()) };
}

const signatures = () =>
	Promise.all(Object.keys(KEYS).flatMap((type) =>
		[0, 1, 2, 3].flatMap((index) => MESSAGES.map((message) => signature(`${type}/${index}`, message)))));

// As SignData of the package @keetanetwork/anchor builds it.
const utf8 = (value) => ({ type: 'string', kind: 'utf8', value });

async function statement(name, nonce, timestamp, items) {
	const account = named(name);
	const written = items.map((item) =>
		typeof item === 'number' ? BigInt(item) : item.startsWith('keeta_') ? named(name).publicKeyAndType : utf8(item));
	const message = Utils.ASN1.JStoASN1([utf8(nonce), utf8(timestamp), account.publicKeyAndType, ...written]).toBER(false);
	const signed = await account.sign(Buffer.from(message));
	return { key: name, nonce, timestamp, items, message: hex(message), hash: hash(message), signature: hex(signed.get()) };
}

const statements = () =>
	Promise.all(Object.keys(KEYS).flatMap((type) => {
		const name = `${type}/0`;
		const nonce = '3b241101-e2bb-4255-8caf-4136c566a962';
		return [
			statement(name, nonce, '2025-06-01T12:34:56.789Z', []),
			statement(name, nonce.toUpperCase(), '2025-06-01T12:34:56.000Z', ['cex.example', 'LOGIN', 'c-1', 'test']),
			statement(name, '', '2025-12-31T23:59:59.500Z', ['äöü €', 0, 127, 128, 65536, address(named(name))]),
		];
	}));

export default async () => ({ signatures: await signatures(), statements: await statements() });
