// Permission sets: how flags are put together, what a set grants, and to whom it may be given.

import { IDENTIFIERS, KEYS, Permissions, named } from './sdk.mjs';

const FLAGS = [
	'ACCESS', 'OWNER', 'ADMIN', 'UPDATE_INFO', 'SEND_ON_BEHALF', 'TOKEN_ADMIN_CREATE', 'TOKEN_ADMIN_SUPPLY',
	'TOKEN_ADMIN_MODIFY_BALANCE', 'STORAGE_CREATE', 'STORAGE_CAN_HOLD', 'STORAGE_DEPOSIT', 'PERMISSION_DELEGATE_ADD',
	'PERMISSION_DELEGATE_REMOVE', 'MANAGE_CERTIFICATE', 'MULTISIG_SIGNER',
];
const KINDS = [...Object.keys(KEYS), ...Object.keys(IDENTIFIERS)];
const SETS = [
	[],
	...FLAGS.map((flag) => [flag]),
	...FLAGS.flatMap((first, i) => FLAGS.slice(i + 1).map((second) => [first, second])),
	['SEND_ON_BEHALF', 'STORAGE_DEPOSIT', 'UPDATE_INFO'],
	['OWNER', 'ADMIN', 'ACCESS'],
];

function set(flags) {
	try {
		const { base } = new Permissions(flags);
		const fits = (role) => KINDS.filter((kind) => base.checkAccountMatchesGroup(role, named(`${kind}/0`)));
		const has = FLAGS.filter((flag) => new Permissions(flags).has([flag]));
		return {
			flags, base: Number(base.bigint), default: base.isValidForDefault, has,
			entity: fits('entity'), principal: fits('principal'), target: fits('target'),
		};
	} catch (error) {
		return { flags, code: error.code };
	}
}

function external(bits) {
	try {
		return { bits, accepted: new Permissions(['ACCESS'], BigInt(bits)).validate(0n) };
	} catch (error) {
		return { bits, accepted: false, code: error.code };
	}
}

export default async () => ({
	sets: SETS.map(set),
	externals: [0, 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32].map(external),
});
