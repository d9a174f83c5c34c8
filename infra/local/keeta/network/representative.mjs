/** How does one representative of the local network behave? */
import { Ledger } from '../ledger/sdk.mjs';
import { MemoryStorage } from '../ledger/storage.mjs';
import { NETWORK_ID } from './genesis.mjs';
import { accountOf } from './keys.mjs';

export class Representative {
	/** `record(kind, staple)` is called before anything is accepted; see MemoryStorage. */
	constructor(number, { fee = null, record }) {
		this.number = number;
		this.key = accountOf('representative', number);
		/** What it asks for a vote: {amount, payTo?, token?} or null. */
		this.fee = fee;
		/** 'up', or how it fails: 'unavailable' (503), 'reset' (closes) or 'silent' (never answers). */
		this.condition = 'up';
		this.storage = new MemoryStorage((kind, staple) => record(this.number, kind, staple));
		this.ledger = new Ledger({
			initialTrustedAccount: accountOf('authority'),
			network: NETWORK_ID,
			kind: Ledger.Kind.REPRESENTATIVE,
			privateKey: this.key,
			computeFeeFromBlocks: () => this.fee,
			storageDriver: this.storage,
			ledgerWriteMode: 'read-write',
		});
	}

	get isUp() {
		return this.condition === 'up';
	}

	has(staple) {
		return this.storage.main.staple(staple.blocksHash) !== null;
	}
}
