/** Who may do what on a storage account, as rows come, change and go. */
import { Account, Block, Permissions, finish, local, network, newAccount, token } from './sdk.mjs';
import { addressOf } from './sdk.mjs';
import { askVotes, block, get, hash, send, settle } from './wire.mjs';

const [KTA, USDT] = [token('KTA'), token('USDT')];
const { ADD, SUBTRACT, SET } = Block.AdjustMethod;
const [owner, operator, bob] = [newAccount(), newAccount(), newAccount()];
const heads = new Map();

/** Land a block on an account's chain, keeping its head. */
async function land(account, signer, operations) {
	const one = await block(signer, operations, { account, previous: heads.get(account) ?? Block.NO_PREVIOUS });
	const { publish, code } = await settle([one]);
	heads.set(account, publish ? hash(one) : heads.get(account));
	return publish ?? code;
}
const grant = (method, flags, target) => land(box, owner, [{
	type: Block.OperationType.MODIFY_PERMISSIONS, principal: operator, method,
	permissions: flags === null ? null : new Permissions(flags), ...(target === undefined ? {} : { target }),
}]);

/** What the network says to a block it is asked to promise; the same previous is not used twice. */
async function verdict(account, signer, operations) {
	const probe = await block(signer, operations, { account, previous: heads.get(account) ?? Block.NO_PREVIOUS });
	const [{ code }] = await askVotes([probe]);
	return code ?? settleProbe(account, probe);
}
const mayPay = (of) => verdict(box, operator, [send(bob, 1, of)]);
const mayDeposit = () => verdict(operator, operator, [send(box, 1, USDT)]);
const rows = async () => (await get(`/node/ledger/account/${addressOf(box)}/acl/granted`)).permissions
	.filter(({ principal }) => principal === addressOf(operator))
	.map(({ target, permissions }) => [target === addressOf(box) ? 'all' : 'token', Number(permissions[0])]);
