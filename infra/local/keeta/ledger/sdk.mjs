/**
 * Which parts of the official SDK does this network stand on?
 *
 * Everything that decides (Ledger, Block, Vote, Permissions, error classes, serializer) comes
 * from here, untouched; the rest of this folder stores, routes and breaks things on purpose.
 */
import KeetaNet from '@keetanetwork/keetanet-client';

const { Account, Block, Error: KeetaNetError, Ledger, Permissions, Stats, Utils, Vote } = KeetaNet.lib;

export { Account, Block, KeetaNetError, Ledger, Permissions, Stats, Utils, Vote };
export const VoteStaple = Vote.Staple;
export const VoteQuote = Vote.Quote;
export const VoteBlocksHash = Vote.VoteBlocksHash;
export const { AdjustMethod, OperationType } = Block;
export const { TOKEN: TOKEN_KEY } = Account.AccountKeyAlgorithm;

/** One spelling per account: the SDK accepts several for the same key and prints what it was given. */
export const accountKey = (account) => account.publicKeyAndTypeString;

/** Hashes compare as upper-case hex, whatever object or string they arrive in. */
export const hashKey = (hash) => hash.toString().toUpperCase();

/** An error with one of the SDK's own codes, as the SDK's own class for it. */
export function officialError(code, message) {
	return KeetaNetError.fromJSON({ type: code.slice(0, code.indexOf('_')), code, message });
}
