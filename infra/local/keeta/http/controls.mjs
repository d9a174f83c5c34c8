/**
 * What may a test change about the running network?
 *
 * Only when the server was started with --controls; the server listens on loopback alone.
 */
import { clock } from '../ledger/clock.mjs';
import { Account } from '../ledger/sdk.mjs';

const CONDITIONS = ['up', 'unavailable', 'reset', 'silent'];

const toAccount = (text) => (text ? Account.fromPublicKeyString(text) : undefined);

/** {amount, pay_to?, token?} in base units, or null for no fee. */
export function readFee({ amount = null, pay_to: payTo, token }) {
	if (amount === null || BigInt(amount) === 0n) {
		return null;
	}
	const fee = { amount: BigInt(amount), payTo: toAccount(payTo), token: toAccount(token) };
	return Object.fromEntries(Object.entries(fee).filter(([, value]) => value !== undefined));
}

/** The representative a control names, or all of them when it names none. */
function chosen(network, number) {
	const found = number === undefined ? network.representatives : network.representatives.filter((rep) => rep.number === number);
	if (found.length === 0) {
		throw new Error(`No representative ${number}`);
	}
	return found;
}

const describe = ({ network, faults }) => ({
	clock: { offset_ms: clock.offsetMs, now: new Date() },
	gossip: network.gossips,
	representatives: network.representatives.map(({ number, condition, fee }) => ({ representative: number, condition, fee })),
	faults: faults.list,
});

function setClock({ body }) {
	if (!Number.isSafeInteger(body.offset_ms)) {
		throw new Error('offset_ms must be a whole number of milliseconds');
	}
	clock.shift(body.offset_ms);
}

function setFee({ network, body }) {
	const fee = readFee(body);
	chosen(network, body.representative).forEach((rep) => {
		rep.fee = fee;
	});
}

async function setCondition({ network, body }) {
	if (!CONDITIONS.includes(body.condition)) {
		throw new Error(`condition must be one of ${CONDITIONS.join(', ')}`);
	}
	for (const rep of chosen(network, body.representative)) {
		rep.condition = body.condition;
		if (rep.isUp && body.catch_up !== false) {
			await network.catchUp(rep);
		}
	}
}

/** Whoever was not told in the meantime hears it when the talking starts again. */
async function setGossip({ network, body }) {
	network.gossips = body.enabled === true;
	for (const rep of network.gossips ? network.representatives.filter((each) => each.isUp) : []) {
		await network.catchUp(rep);
	}
}

const addFault = ({ faults, body }) => faults.add(body);

async function reset(context) {
	context.faults.clear();
	clock.shift(0);
	setFee({ ...context, body: { amount: context.initialFee } });
	await setCondition({ ...context, body: { condition: 'up' } });
	await setGossip({ ...context, body: { enabled: true } });
}

/** Every control answers with the state it leaves behind. */
const control = (method, path, change) => ({
	method,
	path,
	handle: async (context) => {
		await change(context);
		return describe(context);
	},
});

export const controlRoutes = [
	control('GET', '/controls', () => {}),
	control('POST', '/controls/clock', setClock),
	control('POST', '/controls/fee', setFee),
	control('POST', '/controls/condition', setCondition),
	control('POST', '/controls/gossip', setGossip),
	control('POST', '/controls/faults', addFault),
	control('POST', '/controls/reset', reset),
];
