/** What time does to a promise: a temporary one ends after five minutes, a permanent one never. */
import { finish, local, newAccount, token } from './sdk.mjs';
import { askVotes, binaries, block, control, publish, send, staple } from './wire.mjs';

const KTA = token('KTA');
const MINUTE = 60_000;
const alice = newAccount();
const bob = newAccount();
let offset = 0;
const now = () => new Date(Date.now() + offset).toISOString();
const key = Buffer.from('one-payment');
const pay = (options = {}) => block(alice, [send(bob, 1, KTA)], { date: now(), idempotent: key, ...options });
const shift = async (milliseconds) => {
	offset = milliseconds;
	await control('clock', { offset_ms: milliseconds });
};
const code = (answer) => answer.code ?? 'vote';

const faucet = local('faucet');
const funding = await block(faucet, [send(alice, 100, KTA)]);
const fundingVotes = binaries(await askVotes([funding], binaries(await askVotes([funding]))));
const result = { funded: (await publish(staple([funding], fundingVotes))).publish };

const first = await pay();
const firstVotes = binaries(await askVotes([first]));
result.whileAlive = code((await askVotes([await pay({ date: new Date().toISOString(), idempotent: undefined })]))[0]);
await shift(5 * MINUTE + 2_000);
result.oldDate = code((await askVotes([first]))[0]);
const second = await pay();
result.samePrevious = code((await askVotes([second]))[0]);
await shift(7 * MINUTE);
result.expiredVotes = code((await askVotes([first], firstVotes))[0]);

await shift(12 * MINUTE);
const third = await pay();
const permanent = binaries(await askVotes([third], binaries(await askVotes([third]))));
await shift(29 * MINUTE);
result.afterPermanent = code((await askVotes([await pay({ idempotent: undefined })]))[0]);
result.landedLate = (await publish(stapleAt(permanent, third))).publish;
finish(result);

/** The SDK in this script lives at the machine's time; the votes come from the network's. */
function stapleAt(votes, paid) {
	const RealDate = Date;
	globalThis.Date = class extends RealDate {
		static now() {
			return RealDate.now() + offset;
		}
	};
	try {
		return staple([paid], votes);
	} finally {
		globalThis.Date = RealDate;
	}
}
