/**
 * What goes wrong on purpose?
 *
 * A fault waits for requests to one route (`vote` covers `vote.temporary` and `vote.permanent`;
 * `*` covers all), lets `skip` of them pass, then hits `times` of them:
 * `drop_request` closes before anything is done, `drop_response` closes after everything is done,
 * `delay` waits `delay_ms` before doing it.
 */
const ACTIONS = ['drop_request', 'drop_response', 'delay'];

const covers = (pattern, name) => pattern === '*' || pattern === name || name.startsWith(`${pattern}.`);

export class Faults {
	#faults = [];

	add({ route, action, representative = null, times = 1, skip = 0, delay_ms: delayMs = 0 }) {
		if (typeof route !== 'string' || !ACTIONS.includes(action)) {
			throw new Error(`A fault needs a route and an action out of ${ACTIONS.join(', ')}`);
		}
		this.#faults.push({ route, action, representative, times, skip, delayMs });
	}

	clear() {
		this.#faults = [];
	}

	get list() {
		return this.#faults.map((fault) => ({ ...fault }));
	}

	/** Faults that hit this request, counted down. */
	hits(name, number) {
		const hit = [];
		for (const fault of this.#faults) {
			const applies = covers(fault.route, name) && (fault.representative === null || fault.representative === number);
			if (applies && fault.skip > 0) {
				fault.skip -= 1;
			} else if (applies && fault.times > 0) {
				fault.times -= 1;
				hit.push(fault);
			}
		}
		this.#faults = this.#faults.filter(({ times }) => times > 0);
		return hit;
	}
}
