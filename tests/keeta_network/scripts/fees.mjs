/** What payments cost with the fee that is set, and whether quotes bind it. */
import { client, finish, local, newAccount, refusal, token, userClient } from './sdk.mjs';
import { control } from './wire.mjs';

const [KTA, USDT] = [token('KTA'), token('USDT')];
const faucet = userClient(local('faucet'));
const alice = userClient(newAccount());
const bob = newAccount();
await faucet.send(alice.account, 1_000_000n, KTA);
await faucet.send(alice.account, 1_000n, USDT);

async function costOf(action) {
	const before = await alice.balance(KTA);
	const published = await action();
	const { blocks, votes } = published.voteStaple;
	return { cost: before - await alice.balance(KTA), blocks: blocks.length, votes: votes.length };
}
const pay = () => alice.send(bob, 10n, USDT);

const result = { free: await costOf(pay) };
await control('fee', { amount: '70' });
result.fee = await costOf(pay);
result.paid = await Promise.all(client.representatives.map(({ key }) => client.getBalance(key, KTA)));

const builder = alice.initBuilder();
builder.send(bob, 5n, USDT);
const { blocks } = await builder.computeBlocks();
const quotes = await alice.getQuotes(blocks);
result.quotes = quotes.map(({ fee }) => fee.amount);

await control('fee', { amount: '5', token: USDT.publicKeyString.get(), pay_to: local('treasury').publicKeyString.get() });
const treasury = await client.getBalance(local('treasury'), USDT);
result.otherToken = (await costOf(pay)).cost;
result.treasury = await client.getBalance(local('treasury'), USDT) - treasury;

await control('fee', {});
result.freeAgain = (await costOf(pay)).cost;
await control('fee', { amount: `${10n ** 12n}` });
result.tooPoor = await refusal(pay);
await control('fee', {});
result.bob = await client.getBalance(bob, USDT);
finish(result);
