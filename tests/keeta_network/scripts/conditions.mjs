/** Four representatives, and some of them away. */
import { client, finish, local, newAccount, refusal, token, userClient } from './sdk.mjs';
import { base64, control, get, publish } from './wire.mjs';

const USDT = token('USDT');
const faucet = userClient(local('faucet'));
const bob = newAccount();
const alice = userClient(newAccount());
await faucet.send(alice.account, 100n, USDT);
const pay = (from = faucet) => from.send(bob, 10n, USDT);
const votes = async () => (await pay()).voteStaple.votes.length;
const balanceAt = async (rep) => Number((await get(`/node/ledger/account/${bob.publicKeyString.get()}/balance/${USDT.publicKeyString.get()}`, rep)).balance);

const result = { all: await votes() };
await control('condition', { representative: 4, condition: 'unavailable' });
result.oneDown = await votes();
result.status = (await get('/node/version', 4)).status;
await control('condition', { representative: 4, condition: 'up', catch_up: false });
result.lagging = await balanceAt(4);
await control('condition', { representative: 4, condition: 'up' });
result.caughtUp = await balanceAt(4);

/* Two payments in a row reach the one who missed both in the wrong order. */
await control('condition', { representative: 4, condition: 'unavailable' });
const missed = [await pay(), await pay()].map(({ voteStaple }) => base64(voteStaple));
await control('condition', { representative: 4, condition: 'up', catch_up: false });
result.parked = (await publish(missed[1], 4)).publish;
result.whileParked = await balanceAt(4);
result.predecessor = (await publish(missed[0], 4)).publish;
result.afterPredecessor = await balanceAt(4);

await control('condition', { representative: 3, condition: 'unavailable' });
await control('condition', { representative: 4, condition: 'unavailable' });
result.twoDown = await refusal(() => pay(alice));
await control('condition', { condition: 'up' });
/* Two representatives promised the first attempt, the other two now promise the second. */
result.split = await refusal(() => pay(alice));
result.unpaid = await balanceAt(1);

await control('gossip', { enabled: false });
await pay();
result.untold = [await balanceAt(1), await balanceAt(2)];
result.healedByTheSdk = (await votes());
result.told = [await balanceAt(1), await balanceAt(2), await balanceAt(4)];
result.heads = (await Promise.all([1, 2, 3, 4].map((rep) => get('/node/ledger/checksum', rep)))).map(({ checksum }) => checksum);
finish(result);
