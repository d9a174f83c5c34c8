// Addresses, keys, identifiers and networks.

import { Account, Block, IDENTIFIERS, KEYS, NETWORKS, SDK, SEED, address, hex, named } from './sdk.mjs';

const SEEDS = [SEED, '00'.repeat(32), 'ff'.repeat(32), Buffer.from([...Array(32).keys()]).toString('hex')];
const INDEXES = [0, 1, 7, 0xffffffff];
const PASSPHRASE = 'Abandon ability able about above absent absorb abstract absurd abuse access accident';

const keys = () =>
	SEEDS.flatMap((seed) =>
		INDEXES.flatMap((index) =>
			Object.entries(KEYS).map(([type, algorithm]) => {
				const account = Account.fromSeed(seed, index, algorithm);
				const secret = account._getPrivateKey().constructor.derivePrivateKeyFromSeed(seed, index);
				return { seed, index, type, secret: hex(secret.getBuffer()), key: hex(account.publicKey.getBuffer()), address: address(account) };
			})));

const identifiers = () =>
	SEEDS.flatMap((seed) =>
		Object.entries(IDENTIFIERS).map(([type, algorithm]) => {
			const account = Account.fromSeed(seed, 5, algorithm);
			return { seed, index: 5, type, address: address(account), opening: hex(Block.getAccountOpeningHash(account).getBuffer()) };
		}));

// What each key account would create, in its first block and after some other one.
const created = () =>
	Object.keys(KEYS).flatMap((type) =>
		[undefined, 'ab'.repeat(32)].flatMap((previous) =>
			['TOKEN', 'STORAGE', 'MULTISIG'].flatMap((kind) =>
				[0, 3].map((operation) => {
					const creator = named(`${type}/0`);
					const made = creator.generateIdentifier(IDENTIFIERS[kind], previous, operation);
					return { creator: address(creator), previous: previous ?? null, operation, type: kind, address: address(made) };
				}))));

const networks = () =>
	Object.entries(NETWORKS).map(([alias, id]) => {
		const { networkAddress, baseToken } = Account.generateBaseAddresses(id);
		const { representatives } = SDK.Client.Config.getDefaultConfig(alias);
		return {
			alias, id: Number(id), address: address(networkAddress), base_token: address(baseToken),
			representatives: representatives.map((each) => address(Account.toAccount(each.key))),
		};
	});

// Spellings that the SDK reads as the same account: only the first is canonical.
const spellings = () => {
	const canonical = address(named('SECP256K1/0'));
	const body = canonical.slice('keeta_'.length);
	const others = [`keeta_${body.toUpperCase()}`, `tyblocks_${body}`, canonical.replaceAll('o', '0'), canonical.replaceAll('l', '1')];
	return [canonical, ...others].map((text) => {
		const same = Account.fromPublicKeyString(text).publicKeyAndType.equals(named('SECP256K1/0').publicKeyAndType);
		return { text, canonical: text === canonical, same };
	});
};

const passphrases = async () => [
	{ passphrase: PASSPHRASE, seed: hex(await Account.seedFromPassphrase(PASSPHRASE)) },
];

export default async () => ({
	keys: keys(), identifiers: identifiers(), created: created(), networks: networks(),
	spellings: spellings(), passphrases: await passphrases(),
});
