/** Each refusal the network can be brought to, as it stands on the wire. Needs four representatives. */
import { Account, Block, finish, local, newAccount, token } from './sdk.mjs';
import { askVotes, base64, binaries, block, get, hash, post, publish, send, settle, staple } from './wire.mjs';

const KTA = token('KTA');
const faucet = local('faucet');
const head = (await get(`/node/ledger/account/${faucet.publicKeyString.get()}/head`)).block?.$hash ?? Block.NO_PREVIOUS;
const alice = newAccount();
const bob = newAccount();
const stranger = newAccount();
const ALL = [1, 2, 3, 4];
const ask = async (...blocks) => (await askVotes(blocks))[0];
const pay = (options = {}, amount = 1) => block(alice, [send(bob, amount, KTA)], options);

await settle([await block(faucet, [send(alice, 100, KTA), send(stranger, 100, KTA)], { previous: head })], ALL);
const key = Buffer.from('0123456789abcdef');
const opening = await pay({ idempotent: key });
await settle([opening], ALL);
const previous = hash(opening);
const next = (options = {}, amount = 1) => pay({ previous, ...options }, amount);

const result = {};
result.below_zero = await ask(await next({}, -5n));
const padded = Buffer.concat([Buffer.from(base64(await next()), 'base64'), Buffer.from([0])]).toString('base64');
result.trailing = await post('/vote', { blocks: [padded] });
const forged = Buffer.from(base64(await next()), 'base64');
forged[forged.length - 1] ^= 1;
result.forged = await post('/vote', { blocks: [forged.toString('base64')] });
result.garbage = await post('/vote', { blocks: ['AAAA'] });
result.no_blocks = await post('/vote', { blocks: [] });
result.not_opening = await ask(await block(newAccount(), [send(bob, 1, KTA)], { previous }));
result.not_empty = await ask(await pay({ idempotent: undefined }, 2));
result.not_successor = await ask(await pay({ previous: 'AB'.repeat(32) }));
result.expired = await ask(await next({ date: new Date(Date.now() - 6 * 60_000).toISOString() }));
result.other_network = await ask(await next({ network: 0x54455354n }));
result.too_much = await ask(await next({}, 10n ** 30n));
result.no_permission = await ask(await block(alice, [send(bob, 1, KTA)], { account: stranger }));
result.key_exists = await ask(await next({ idempotent: key }));
result.twice = await ask(await next(), await next({}, 2));
result.not_supported = await ask(await next({
	operations: [{ type: Block.OperationType.TOKEN_ADMIN_MODIFY_BALANCE, token: KTA, amount: 1n, method: Block.AdjustMethod.ADD }],
}));

const wanted = await next();
const temporary = binaries(await askVotes([wanted], undefined, ALL));
result.promised = await ask(wanted);
result.rival = await ask(await next({}, 2));
result.no_own_vote = (await askVotes([wanted], temporary.slice(0, 3), [4]))[0];
result.too_few = (await askVotes([wanted], temporary.slice(0, 2), [1]))[0];
result.temporary_publish = await publish(staple([wanted], temporary));
const permanent = binaries(await askVotes([wanted], temporary, ALL));
result.too_few_to_land = await publish(staple([wanted], permanent.slice(0, 2)));
const whole = staple([wanted], permanent);
result.landed = await publish(whole);
result.landed_again = await publish(whole);

const address = alice.publicKeyString.get();
result.bad_side = await get(`/node/ledger/block/${previous}?side=left`);
result.bad_vote_side = await get(`/vote/${previous}?side=both`);
result.limit_word = await get(`/node/ledger/history?limit=many`);
result.limit_zero = await get(`/node/ledger/account/${address}/chain?limit=0`);
result.start_word = await get(`/node/ledger/history?start=soon`);
result.start_unknown = await get(`/node/ledger/history?start=${'AB'.repeat(32)}`);
result.start_missing = await get('/node/bootstrap/votes');
result.bad_account = await get('/node/ledger/account/keeta_nobody');
result.bad_account_head = await get('/node/ledger/account/keeta_nobody/head');
result.no_route = await get('/node/ledger/nothing');
result.expectations = { address, previous, key: key.toString('base64') };
finish(result);
