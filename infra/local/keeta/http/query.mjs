/** What do the parts of a node's URL mean, and what is refused about them? */
import { Account, Block, officialError } from '../ledger/sdk.mjs';

const PAGE_DEFAULT = 100;
/** The SDK asks for at most this many; a page may always be shorter than asked for. */
const PAGE_MAX = 200;
const HASH = /^[0-9a-fA-F]{64}$/;

export const readAccount = (text) => Account.fromPublicKeyString(text);

export const readAccounts = (list = '') => list.split(',').filter((part) => part !== '').map(readAccount);

export function readSide(query, allowed, fallback = 'main') {
	const side = query.side || fallback;
	if (!allowed.includes(side)) {
		throw officialError('API_INVALID_SIDE', `Invalid ledger side: ${side}`);
	}
	return side;
}

export function readLimit(query) {
	const limit = Number(query.limit || PAGE_DEFAULT);
	if (!Number.isFinite(limit)) {
		throw officialError('API_LIMIT_NOT_NUMBER', 'Limit is not a number');
	}
	if (limit <= 0) {
		throw officialError('API_LIMIT_NOT_GREATER_THAN_ZERO', 'Limit must be greater than zero');
	}
	return Math.min(Math.ceil(limit), PAGE_MAX);
}

export const readHash = (text) => new Block.Hash(text);

/** A hash to start a page at; null when the query has none. */
export function readStart(text) {
	if (!text) {
		return null;
	}
	if (!HASH.test(text)) {
		throw officialError('API_INVALID_START', `Invalid start: ${text}`);
	}
	return text.toUpperCase();
}

export function readMoment(text) {
	if (!text) {
		throw officialError('API_START_MISSING', 'A start is required');
	}
	const moment = new Date(text);
	if (Number.isNaN(moment.valueOf())) {
		throw officialError('API_INVALID_START', 'start must be an ISO 8601 date');
	}
	return moment;
}
