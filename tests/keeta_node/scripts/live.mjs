/** A user of the official SDK: creates, names, mints, permits, deposits and sends on behalf. */
import { Account, Permissions, addressOf, client, finish, local, newAccount, token, userClient } from '../../keeta_network/scripts/sdk.mjs';
import { base64 } from '../../keeta_network/scripts/wire.mjs';

const { TOKEN, STORAGE } = Account.AccountKeyAlgorithm;
const { ED25519, ECDSA_SECP256R1 } = Account.AccountKeyAlgorithm;
const KTA = token('KTA');
const keyed = (kind) => Account.fromSeed(Account.generateRandomSeed({ asString: true }), 0, kind);
const faucet = userClient(local('faucet'));
const owner = userClient(newAccount());
const operator = userClient(keyed(ED25519));
const customer = userClient(keyed(ECDSA_SECP256R1));

for (const { account } of [owner, operator, customer]) {
	await faucet.send(account, 100_000n, KTA);
}
const { account: coin } = await owner.generateIdentifier(TOKEN);
await owner.setInfo({
	name: 'COIN', description: 'made by the SDK', metadata: btoa('{"decimalPlaces":2}'), defaultPermission: new Permissions(['ACCESS']),
}, { account: coin });
const mint = owner.initBuilder();
mint.modifyTokenSupply(5_000n, { account: coin });
await mint.publish();
await owner.send(customer.account, 5_000n, coin, undefined, { account: coin });

const { account: box } = await owner.generateIdentifier(STORAGE);
await owner.setInfo({
	name: 'BOX', description: '', metadata: '', defaultPermission: new Permissions(['STORAGE_CAN_HOLD', 'STORAGE_DEPOSIT']),
}, { account: box });
await owner.updatePermissions(operator.account, new Permissions(['SEND_ON_BEHALF']), undefined, undefined, { account: box });
await customer.send(box, 3_000n, coin, 'deposit 1');
const paid = await operator.send(customer.account, 1_000n, coin, 'withdrawal/1', { account: box });

finish({
	accounts: Object.fromEntries(Object.entries({ owner: owner.account, operator: operator.account, customer: customer.account, coin, box })
		.map(([name, account]) => [name, addressOf(account)])),
	balances: { box: await client.getBalance(box, coin), customer: await client.getBalance(customer.account, coin) },
	paid: { staple: base64(paid.voteStaple), blocksHash: paid.voteStaple.blocksHash.toString(), blocks: paid.voteStaple.blocks.map(({ hash }) => hash.toString()) },
});
