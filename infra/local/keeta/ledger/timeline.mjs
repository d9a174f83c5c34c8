/**
 * In which order does a node tell its history?
 *
 * By the time of the votes, newest first, and not by arrival: a staple that comes late goes in
 * among older ones, as it does on a real network, so a reader may not assume that new entries
 * appear only at the head.
 */
export class Timeline {
	#oldestFirst = [];

	insert(id, time) {
		let at = this.#oldestFirst.length;
		while (at > 0 && this.#oldestFirst[at - 1].time > time) {
			at -= 1;
		}
		this.#oldestFirst.splice(at, 0, { id, time });
	}

	/** Up to `limit` ids older than `start` (exclusive), newest first. Null when `start` is unknown. */
	page(start, limit) {
		const end = start === null ? this.#oldestFirst.length : this.#oldestFirst.findIndex(({ id }) => id === start);
		if (end < 0) {
			return null;
		}
		return this.#oldestFirst.slice(Math.max(0, end - limit), end).reverse().map(({ id }) => id);
	}

	/** Ids at or after a time, oldest first. */
	since(time) {
		return this.#oldestFirst.filter((entry) => entry.time >= time).map(({ id }) => id);
	}
}
