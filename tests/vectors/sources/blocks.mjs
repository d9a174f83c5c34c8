// Blocks of both versions with every operation, and how the SDK writes, names and signs them.

import { Account, BASE_TOKEN, Block, KEYS, NETWORKS, Permissions, Utils, address, hex, named } from './sdk.mjs';

export const PREVIOUS = '11'.repeat(32);
export const DATE = '2025-06-01T12:34:56.789Z';
const TYPE = Block.OperationType;
const X509 = Utils.Certificate;
const [ADD, SUBTRACT, SET] = [0, 1, 2];

const base = address(BASE_TOKEN);
const [storage, token, network] = ['STORAGE/0', 'TOKEN/0', 'NETWORK/0'].map((name) => address(named(name)));
const to = address(named('SECP256K1/9'));

export const send = (more = {}) => ({ type: 'SEND', to, amount: '1000', token: base, ...more });
const permissions = (base, external = '0') => [base, external];

// A certificate of the first Ed25519 key, by an authority of its own.
async function certificate(subject, issuer) {
	const name = (account) => [{ name: 'commonName', value: account }];
	const [validFrom, validTo] = ['2025-01-01T00:00:00Z', '2035-01-01T00:00:00Z'].map((date) => new Date(date));
	const made = await new X509.Certificate.Builder({
		subjectPublicKey: named(subject), subjectDN: name(subject), issuer: named(issuer), issuerDN: name(issuer),
		serial: 1n, validFrom, validTo,
	}).build();
	return hex(made.toDER());
}

const authority = await certificate('ED25519/8', 'ED25519/8');
const leaf = await certificate('ED25519/0', 'ED25519/8');

function certificates({ method, certificate, chain }) {
	if (method === SUBTRACT) return { certificateOrHash: certificate.toUpperCase() };
	const read = (der) => new X509.Certificate(Buffer.from(der, 'hex'));
	return {
		certificateOrHash: read(certificate),
		intermediateCertificates: chain ? new X509.CertificateBundle(chain.map(read)) : null,
	};
}

// The operation as the SDK takes it: from the JSON that the vectors show.
export function operation(shown) {
	const { type, default: defaultPermission, ...fields } = shown;
	const input = { type: TYPE[type], ...fields };
	if (defaultPermission) input.defaultPermission = new Permissions(...defaultPermission.map(BigInt));
	if (input.permissions) input.permissions = new Permissions(...input.permissions.map(BigInt));
	if ('amount' in input) input.amount = BigInt(input.amount);
	if (input.certificate) Object.assign(input, certificates(input));
	if (input.createArguments) input.createArguments = { ...input.createArguments, type: Account.AccountKeyAlgorithm.MULTISIG };
	return input;
}

// A signer is the name of a key, or [name of a multisig, [signers]].
const signer = (shown) => (Array.isArray(shown) ? [named(shown[0]), shown[1].map(signer)] : named(shown));
const spelled = (shown) =>
	Array.isArray(shown) ? [address(named(shown[0])), shown[1].map(spelled)] : address(named(shown));

export function build(shown) {
	const { account, network, idempotent, operations, ...rest } = shown;
	return new Block.Builder({
		...rest,
		network: BigInt(network),
		...(idempotent === undefined ? {} : { idempotent: Buffer.from(idempotent, 'hex') }),
		account: Account.fromPublicKeyString(account),
		signer: signer(shown.signer),
		operations: operations.map(operation),
	}).seal();
}

// A block's JSON: everything not said is the usual.
export function block(name, more = {}) {
	const by = more.signer ?? 'ED25519/0';
	return {
		name, version: 2, purpose: 0, network: Number(NETWORKS.test), date: DATE, previous: PREVIOUS,
		account: Array.isArray(by) ? storage : address(named(by)), operations: [send()], ...more, signer: by,
	};
}

const both = (name, more) => [block(`v1 ${name}`, { ...more, version: 1 }), block(`v2 ${name}`, more)];

function creates(name, kind, more = {}) {
	const creator = named('ED25519/0');
	const identifier = address(creator.generateIdentifier(named(`${kind}/0`).keyType, PREVIOUS, 1));
	return both(name, { operations: [send(), { type: 'CREATE_IDENTIFIER', identifier, ...more }] });
}

const modify = (more) => ({ type: 'MODIFY_PERMISSIONS', principal: to, method: SET, permissions: permissions('17'), ...more });
const info = (more) => ({ type: 'SET_INFO', name: '', description: '', metadata: '', ...more });
const receive = (more) => ({ type: 'RECEIVE', amount: '5', token: base, from: to, exact: false, ...more });
const members = ['SECP256K1/1', 'ED25519/1', 'SECP256R1/1'];

export const shown = [
	...Object.keys(KEYS).flatMap((type) => both(`send by ${type}`, { signer: `${type}/0` })),
	...Object.entries(NETWORKS).map(([alias, id]) => block(`on ${alias}`, { network: Number(id) })),
	...['.000', '.001', '.007', '.010', '.100', '.500', '.999'].flatMap((ms) =>
		both(`at ${ms}`, { date: `2025-06-01T12:34:56${ms}Z` })),
	...['1', '127', '128', '255', '256', `${2n ** 63n}`, `${2n ** 64n}`, `${10n ** 60n}`, `${10n ** 200n - 1n}`].map((amount) =>
		block(`amount ${amount.length} digits, ${amount.slice(0, 3)}`, { operations: [send({ amount })] })),
	...both('opening', { previous: hex(Block.getAccountOpeningHash(named('ED25519/0')).getBuffer()) }),
	...both('idempotent', { idempotent: hex(Buffer.from('0123456789abcdef0123456789abcdef')) }),
	...both('empty idempotent', { idempotent: '' }),
	...both('no operations', { operations: [] }),
	...both('many sends', { operations: Array.from({ length: 20 }, (_, i) => send({ amount: `${i + 1}` })) }),
	...both('external', { operations: [send({ external: 'withdrawal 7f3a/0001' })] }),
	...both('empty external', { operations: [send({ external: '' })] }),
	...both('longest external', { operations: [send({ external: 'x'.repeat(256) })] }),
	...both('send on behalf', { account: storage, operations: [send({ external: 'w-1' })] }),
	...both('token to itself', { account: token, operations: [send({ token, to: storage }), send({ token, to: token })] }),
	...both('set rep', { operations: [{ type: 'SET_REP', to }] }),
	...both('info of a key', { operations: [info({ name: 'SOMEBODY', description: 'It\'s a "key", (really)!', metadata: 'e30=' })] }),
	...both('info of storage', { account: storage, operations: [info({ default: permissions('1537') })] }),
	...both('info of token', { account: token, operations: [info({ name: 'USD_T', default: permissions('1') })] }),
	...both('info of network', { account: network, operations: [info({ default: permissions('289') })] }),
	...both('no default at all', { account: storage, operations: [info({ default: permissions('0') })] }),
	...both('grant', { account: storage, operations: [modify({ method: ADD })] }),
	...both('grant for a token', { account: storage, operations: [modify({ method: ADD, target: base })] }),
	...both('revoke', { account: storage, operations: [modify({ method: SUBTRACT })] }),
	...both('forget', { account: storage, operations: [modify({ permissions: null })] }),
	...both('deny', { account: storage, operations: [modify({ permissions: permissions('0') })] }),
	...both('hand over', { account: storage, operations: [modify({ permissions: permissions('3') }), modify({ principal: address(named('ED25519/0')), permissions: null })] }),
	...both('external bits', { account: storage, operations: [modify({ permissions: permissions('1', `${2 ** 31 - 1}`) })] }),
	...both('set, then add', { account: storage, operations: [modify({}), modify({ method: ADD })] }),
	...creates('create token', 'TOKEN'),
	...creates('create storage', 'STORAGE'),
	...creates('create multisig', 'MULTISIG', { createArguments: { signers: members.map((name) => address(named(name))), quorum: 2 } }),
	...both('mint', { account: token, operations: [{ type: 'TOKEN_ADMIN_SUPPLY', amount: '1000000', method: ADD }] }),
	...both('burn', { account: token, operations: [{ type: 'TOKEN_ADMIN_SUPPLY', amount: '1', method: SUBTRACT }] }),
	...both('modify balance', { account: storage, operations: [{ type: 'TOKEN_ADMIN_MODIFY_BALANCE', token, amount: '7', method: ADD }] }),
	...both('receive', { operations: [receive({}), receive({ exact: true })] }),
	...both('receive and forward', { operations: [receive({ exact: true, forward: storage })] }),
	...both('certify', { operations: [{ type: 'MANAGE_CERTIFICATE', method: ADD, certificate: leaf }] }),
	...both('certify with chain', { operations: [{ type: 'MANAGE_CERTIFICATE', method: ADD, certificate: leaf, chain: [authority] }] }),
	...both('take off a certificate', { operations: [{ type: 'MANAGE_CERTIFICATE', method: SUBTRACT, certificate: 'cd'.repeat(32) }] }),
	block('fees', { purpose: 1, operations: [send({ amount: '3' }), send({ amount: '4', to: address(named('ED25519/9')) })] }),
	block('multisig of one', { signer: ['MULTISIG/0', ['ED25519/1']] }),
	block('multisig of three', { signer: ['MULTISIG/0', members] }),
	block('multisig in multisig', { signer: ['MULTISIG/0', ['ED25519/2', ['MULTISIG/1', ['SECP256K1/1', 'ED25519/2']], 'SECP256R1/3']] }),
];

const sdkBlock = async (each) => {
	const sealed = await build(each);
	return {
		...each, signer: spelled(each.signer), keys: [each.signer].flat(9).filter((name) => !name.startsWith('MULTISIG')),
		raw: hex(sealed.toBytes()), hash: hex(sealed.hash.get()), signatures: sealed.signatures.map(hex),
	};
};

export default async () => ({ blocks: await Promise.all(shown.map(sdkBlock)) });
