/** Who may write now? One at a time, in the order they asked. */

export class Lock {
	#tail = Promise.resolve();

	/** Resolves to a release function once every earlier holder has released. */
	async acquire() {
		const before = this.#tail;
		let release;
		this.#tail = new Promise((resolve) => {
			release = resolve;
		});
		await before;
		return release;
	}
}
