/** Everything an ordinary user of the SDK does, in one go. */
import { Account, Permissions, addressOf, client, finish, local, newAccount, refusal, token, userClient } from './sdk.mjs';

const { TOKEN, STORAGE } = Account.AccountKeyAlgorithm;
const faucet = userClient(local('faucet'));
const alice = userClient(newAccount());
const bob = userClient(newAccount());
const operator = userClient(newAccount());
const result = {};

await faucet.send(alice.account, 1_000_000n, token('USDT'), 'salary');
await faucet.send(alice.account, 500n, token('KTA'));
await alice.send(bob.account, 250_000n, token('USDT'));
result.sent = { alice: await alice.balance(token('USDT')), bob: await bob.balance(token('USDT')) };

const { account: coin } = await alice.generateIdentifier(TOKEN);
await alice.setInfo({
	name: 'COIN', description: 'a coin', metadata: btoa('{"decimalPlaces":2}'), defaultPermission: new Permissions(['ACCESS']),
}, { account: coin });
const mint = alice.initBuilder();
mint.modifyTokenSupply(700n, { account: coin });
await mint.publish();
await alice.send(alice.account, 700n, coin, undefined, { account: coin });
result.token = { ...(await client.getAccountInfo(coin)).info, held: await alice.balance(coin) };

const { account: box } = await alice.generateIdentifier(STORAGE);
await alice.setInfo({
	name: 'BOX', description: '', metadata: '', defaultPermission: new Permissions(['STORAGE_CAN_HOLD', 'STORAGE_DEPOSIT']),
}, { account: box });
await bob.send(box, 100_000n, token('USDT'));
result.refusedWithoutPermission = await refusal(() => operator.send(bob.account, 40_000n, token('USDT'), undefined, { account: box }));
await alice.updatePermissions(operator.account, new Permissions(['SEND_ON_BEHALF']), undefined, undefined, { account: box });
await operator.send(bob.account, 40_000n, token('USDT'), 'w/1', { account: box });
result.box = {
	left: await client.getBalance(box, token('USDT')),
	bob: await bob.balance(token('USDT')),
	granted: (await client.listACLsByEntity(box)).map(({ principal, permissions }) => [
		principal.comparePublicKey(alice.account) ? 'alice' : 'operator', permissions.base.flags]),
	operatorSees: (await operator.listACLsByPrincipal([box])).length,
	withInfo: (await client.listACLsByPrincipalWithInfo(operator.account)).map(({ info }) => info.name),
};

result.refusedTooMuch = await refusal(() => bob.send(alice.account, 10n ** 12n, token('USDT')));
result.chain = (await alice.chain()).length;
result.history = (await bob.history()).map(({ voteStaple }) => voteStaple.blocks.length);
result.head = (await client.getAccountHeadInfo(alice.account)).height;
result.states = Object.values(await client.getAccountsInfo([alice.account, box])).map(({ info }) => info.name);
result.bootstrapped = (await client.getVoteStaplesAfter(new Date(Date.now() - 60_000), 5)).length;
result.network = (await client.getHistory(null, { depth: 3 })).length;
result.version = (await client.getVersion()).node;
result.stats = (await client.getNodeStats()).ledger.representativeCount;
result.representatives = (await client.getAllRepresentativeInfo()).map(({ weight }) => weight);
result.addresses = { alice: addressOf(alice.account), box: addressOf(box) };
finish(result);
