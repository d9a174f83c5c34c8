/**
 * Where does the official Ledger keep its data on this machine?
 *
 * A storage driver (the SDK's `LedgerStorageAPI`) in memory. The ledger decides, this remembers:
 * no rule about permissions, balances, quorum or votes is here. Each accepted input is handed
 * to `record` before it changes memory; with a journal behind it, it is then on disk.
 */
import { Accounts } from './accounts.mjs';
import { Lock } from './lock.mjs';
import { MainLedger } from './main_ledger.mjs';
import { Account, Stats, VoteBlocksHash, accountKey, hashKey, officialError } from './sdk.mjs';
import { SideLedger } from './side_ledger.mjs';

const sides = (from) => (from === 'both' ? ['main', 'side'] : [from]);
const addressOf = (account) => account.publicKeyString.get();

/** Vote serials of one issuer never repeat; starting at the time of day, not across runs either. */
let nextSerial = BigInt(Date.now()) * 1_000_000n;

export class MemoryStorage {
	#record;
	#writing = new Lock();
	#parked = new Map();
	main = new MainLedger();
	side = new SideLedger();

	/** `record(kind, staple)` must return when the input is durable, or throw. */
	constructor(record) {
		this.#record = record;
	}

	init(config, ledger) {
		this.accounts = new Accounts(ledger.baseToken);
	}

	/* Transactions. Writers run alone; changes are made at the end of a decision, in one go, so
	   that there is nothing to roll back and a reader never sees half of them. */

	async beginTransaction({ node, moment, identifier, readOnly }) {
		const release = readOnly ? () => {} : await this.#writing.acquire();
		return { node, moment, identifier, readOnly, release, statsPending: { xor() {}, incr() {} } };
	}

	async commitTransaction(transaction) {
		transaction.release();
	}

	async abortTransaction(transaction) {
		transaction.release();
	}

	async evaluateError(error) {
		return error;
	}

	async gc() {
		return false;
	}

	async getNextSerialNumber() {
		nextSerial += 1n;
		return nextSerial;
	}

	/* Changes */

	/** Keep a vote this representative gives. */
	async addPendingVote(transaction, staple) {
		this.#record('vote', staple);
		this.side.add(staple);
	}

	/** Land a staple, and those that waited for it. An unknown predecessor parks it: empty result. */
	async adjust(transaction, staple, effects) {
		const complete = this.main.admits(staple);
		this.#record('add', staple);
		if (!complete) {
			this.#parked.set(hashKey(staple.blocksHash), { staple, effects });
			return [];
		}
		this.#land(staple, effects);
		return [staple, ...this.#landParked()];
	}

	#land(staple, effects) {
		this.main.land(staple, effects.touched);
		this.accounts.apply(effects);
		this.side.drop(staple.blocks);
	}

	#landParked() {
		const landed = [];
		for (const [id, { staple, effects }] of this.#parked) {
			const admitted = this.#admits(staple);
			if (admitted !== false) {
				this.#parked.delete(id);
			}
			if (admitted === true) {
				this.#land(staple, effects);
				landed.push(staple);
			}
		}
		return landed.length > 0 ? [...landed, ...this.#landParked()] : [];
	}

	/** As `main.admits`, with null for a parked staple that can never land any more. */
	#admits(staple) {
		try {
			return this.main.admits(staple);
		} catch {
			return null;
		}
	}

	/* Accounts */

	async getBalance(transaction, account, token) {
		return this.accounts.holdings.balance(account, token);
	}

	async getAllBalances(transaction, account) {
		return this.accounts.holdings.balances(account);
	}

	async delegatedWeight(transaction, representatives) {
		const one = Account.isInstance(representatives) ? [representatives] : representatives;
		return this.accounts.holdings.weight(one === undefined ? undefined : [...one]);
	}

	async getAccountRep(transaction, account) {
		return this.accounts.holdings.representative(Account.toAccount(account));
	}

	async getAccountInfo(transaction, account) {
		return this.accounts.info(Account.toAccount(account));
	}

	async listOwners(transaction, identifier) {
		const rows = this.accounts.access.ofEntity(identifier);
		return rows.filter(({ permissions }) => permissions.has(['OWNER'])).map(({ principal }) => principal);
	}

	async listACLsByEntity(transaction, entity) {
		return this.accounts.access.ofEntity(entity);
	}

	async listACLsByPrincipal(transaction, principal, entities) {
		return this.accounts.access.ofPrincipal(principal, entities);
	}

	async getAccountCertificates(transaction, account) {
		return this.accounts.certificates(account);
	}

	async getAccountCertificateByHash(transaction, account, hash) {
		return this.accounts.certificate(account, hash);
	}

	/* Blocks */

	async getBlock(transaction, hash, from) {
		return sides(from).map((side) => this[side].block(hash)).find((block) => block !== null) ?? null;
	}

	async getBlockHeight(transaction, hash) {
		return this.main.height(hash);
	}

	async getAccountsBlockHeightInfo(transaction, wanted) {
		return Object.fromEntries(wanted.map(({ account, blockHash = this.main.head(account)?.hash }) => [
			addressOf(account),
			blockHash === undefined ? null : { blockHash, height: this.main.height(blockHash) },
		]));
	}

	#successors(previous, from) {
		const settled = this.main.successor(previous);
		return sides(from).flatMap((side) => (side === 'side' ? this.side.successors(previous) : (settled ?? [])));
	}

	async getBlockFromPrevious(transaction, previous, from) {
		return this.#successors(previous, from)[0] ?? null;
	}

	/** A head is a settled block; a promise is not a head, whichever side is asked for. */
	async getHeadBlocks(transaction, accounts) {
		return Object.fromEntries(accounts.map((account) => [addressOf(account), this.main.head(account)]));
	}

	async getHeadBlock(transaction, account) {
		return this.main.head(account);
	}

	async getHeadBlockHashes(transaction, accounts) {
		return Object.fromEntries([...accounts].map((account) => [addressOf(account), this.main.head(account)?.hash ?? null]));
	}

	async getIdempotentBlockHash(transaction, key, from, excludeBlockHash) {
		const except = excludeBlockHash === undefined ? null : hashKey(excludeBlockHash);
		const settled = this.main.idempotent(key);
		if (from !== 'side' && settled !== null && hashKey(settled) !== except) {
			return settled;
		}
		return from === 'main' ? null : this.side.idempotent(key, except);
	}

	/* Votes and staples */

	async getVotes(transaction, hash, from) {
		return sides(from).map((side) => this[side].votes(hash)).find((votes) => votes !== null) ?? null;
	}

	async getVotesFromMultiplePrevious(transaction, previousHashes, from, issuer) {
		const isWanted = (vote) => issuer === undefined || accountKey(vote.issuer) === accountKey(issuer);
		return Object.fromEntries(previousHashes.map((previous) => {
			const votes = this.#successors(previous, from)
				.flatMap(({ hash }) => this.main.votes(hash) ?? this.side.votes(hash) ?? [])
				.filter(isWanted);
			return [previous.toString(), votes.length > 0 ? votes : null];
		}));
	}

	async getVoteStaples(transaction, ids) {
		const found = new VoteBlocksHash.Map();
		ids.forEach((id) => found.set(id, this.main.staple(id)));
		return found;
	}

	async getHistory(transaction, account, start, limit = 25) {
		const ids = this.main.history(account, start, limit);
		if (ids === null) {
			throw officialError('API_INVALID_START', `No staple ${start} in this history`);
		}
		return ids.map((id) => new VoteBlocksHash(id));
	}

	async getVotesAfter(transaction, moment) {
		return { votes: this.main.staplesSince(moment.valueOf()).map(({ votes }) => votes[0]) };
	}

	async getVoteStaplesFromBlockHash(transaction, hashes) {
		const ids = hashes.flatMap((hash) => this.main.votes(hash)?.[0].blocksHash ?? []).map(hashKey);
		return [...new Set(ids)].map((id) => this.main.staple(id));
	}

	async stats() {
		const { blocks, operations } = this.main.counts;
		return {
			moment: new Date().toISOString(),
			momentRange: 0,
			blockCount: blocks,
			transactionCount: operations,
			representativeCount: this.accounts.holdings.representativeCount,
			db: { retries: 0 },
			settlementTimes: Stats.placeholderTimingData(),
		};
	}
}
