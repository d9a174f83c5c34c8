/**
 * What time does this network believe it is?
 *
 * The ledger reads the global Date, so a shifted clock has to replace it for the whole process.
 * It is installed only when the test controls are on.
 */
import { types } from 'node:util';

const RealDate = globalThis.Date;
let offsetMs = 0;

class ShiftedDate extends RealDate {
	constructor(...parts) {
		if (parts.length === 0) {
			super(RealDate.now() + offsetMs);
		} else {
			super(...parts);
		}
	}

	static now() {
		return RealDate.now() + offsetMs;
	}

	/* Dates made by native code are plain Dates and must still pass `instanceof Date`. */
	static [Symbol.hasInstance](value) {
		return types.isDate(value);
	}
}

export const clock = {
	install() {
		globalThis.Date = ShiftedDate;
	},

	/** Milliseconds added to the machine's time; absolute, not relative to the last shift. */
	shift(milliseconds) {
		offsetMs = milliseconds;
	},

	get offsetMs() {
		return offsetMs;
	},
};
