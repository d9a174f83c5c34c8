/** Requests and responses that get lost, and representatives that fail in their own way. */
import { addressOf, finish, local, newAccount, refusal, token, userClient } from './sdk.mjs';
import { askVotes, binaries, block, control, get, hash, post, publish, send, staple } from './wire.mjs';

const [KTA, USDT] = [token('KTA'), token('USDT')];
const faucet = userClient(local('faucet'));
const alice = newAccount();
const bob = newAccount();
const received = async (of) => Number((await get(`/node/ledger/account/${addressOf(bob)}/balance/${addressOf(of)}`)).balance);
const lose = (route, action, more = {}) => control('faults', { route, action, ...more });
/** How `fetch` says that no answer came. */
const unanswered = (promise) => promise.then(() => 'answered', (error) => error.name);

await faucet.send(alice, 100n, KTA);
const result = {};
await lose('publish', 'drop_request');
await faucet.send(bob, 10n, USDT);
result.requestLostAndRetried = await received(USDT);

await lose('publish', 'drop_response');
result.responseLostAndRetried = await refusal(() => faucet.send(bob, 10n, USDT));
result.paidAllTheSame = await received(USDT);

const paid = await block(alice, [send(bob, 7, KTA)]);
const temporary = binaries(await askVotes([paid]));
await lose('vote.permanent', 'drop_response');
result.promiseLost = await unanswered(askVotes([paid], temporary));
const { votes } = await get(`/vote/${hash(paid)}?side=side`);
result.promiseFound = votes.map(({ $permanent }) => $permanent);
await publish(staple([paid], votes.map(({ $binary }) => $binary)));
result.landed = await received(KTA);

await lose('*', 'drop_request', { skip: 1, times: 2 });
const version = () => unanswered(get('/node/version'));
result.skipOneHitTwo = [await version(), await version(), await version(), await version()];

await lose('version', 'delay', { delay_ms: 150 });
const order = [];
await Promise.all([
	get('/node/version').then(() => order.push('delayed')),
	get('/node/stats').then(() => order.push('prompt')),
]);
result.order = order;

await control('condition', { condition: 'reset' });
result.reset = await version();
await control('condition', { condition: 'silent' });
result.silent = await unanswered(get('/node/version', 1, AbortSignal.timeout(200)));
await control('reset', {});
result.up = await version();
result.unknownControl = (await control('nonsense', {})).status;
result.badFault = (await control('faults', { route: 'vote', action: 'explode' })).status;
result.badVote = (await post('/vote', {})).status;
finish(result);
