/** Who may do what on a storage account, as rows come, change and go. */
import { Account, Block, Permissions, addressOf, finish, local, newAccount, token } from './sdk.mjs';
import { block, get, send, settle } from './wire.mjs';

const [KTA, USDT] = [token('KTA'), token('USDT')];
const { ADD, SUBTRACT, SET } = Block.AdjustMethod;
const { CREATE_IDENTIFIER, MODIFY_PERMISSIONS, SET_INFO } = Block.OperationType;
const [owner, operator, bob] = [newAccount(), newAccount(), newAccount()];
const faucet = local('faucet');
const box = owner.generateIdentifier(Account.AccountKeyAlgorithm.STORAGE, undefined, 0);

/** Land a block at the head of an account's chain: true, or the code of the refusal. */
async function land(account, signer, ...operations) {
	const { currentHeadBlock } = await get(`/node/ledger/account/${addressOf(account)}`);
	const one = await block(signer, operations, { account, previous: currentHeadBlock ?? Block.NO_PREVIOUS });
	const { publish, code } = await settle([one]);
	return publish ?? code;
}
const grant = (method, flags, target) => land(box, owner, {
	type: MODIFY_PERMISSIONS, principal: operator, method, permissions: flags && new Permissions(flags), ...(target && { target }),
});
const mayPay = (of) => land(box, operator, send(bob, 1, of));
const mayDeposit = () => land(operator, operator, send(box, 1, USDT));
const rows = async () => (await get(`/node/ledger/account/${addressOf(box)}/acl/granted`)).permissions
	.filter(({ principal }) => principal === addressOf(operator))
	.map(({ target, permissions }) => [target === addressOf(box) ? 'all' : 'token', Number(permissions[0])]);
const look = async () => ({ usdt: await mayPay(USDT), kta: await mayPay(KTA), deposit: await mayDeposit(), rows: await rows() });

await land(owner, owner, { type: CREATE_IDENTIFIER, identifier: box });
await land(box, owner, {
	type: SET_INFO, name: 'BOX', description: '', metadata: '', defaultPermission: new Permissions(['STORAGE_CAN_HOLD', 'STORAGE_DEPOSIT']),
});
await land(faucet, faucet, send(box, 100, USDT), send(box, 100, KTA), send(operator, 100, USDT));

const result = { byDefault: await look() };
await grant(SET, ['SEND_ON_BEHALF']);
result.explicit = await look();
await grant(ADD, ['STORAGE_DEPOSIT']);
result.added = await look();
await grant(SET, ['STORAGE_DEPOSIT'], USDT);
result.weakerForOneToken = await look();
await grant(ADD, ['SEND_ON_BEHALF'], KTA);
result.targetStartsFromTheWhole = await rows();
await grant(SET, null, USDT);
await grant(SET, null, KTA);
await grant(SUBTRACT, ['SEND_ON_BEHALF', 'STORAGE_DEPOSIT']);
result.emptied = await look();
await grant(SET, null);
result.gone = await look();
result.secondOwner = await grant(SET, ['OWNER']);
result.codeOfStranger = await land(box, operator, { type: MODIFY_PERMISSIONS, principal: bob, method: SET, permissions: new Permissions(['ADMIN']) });
finish(result);
