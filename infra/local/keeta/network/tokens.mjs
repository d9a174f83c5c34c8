/**
 * Which tokens exist on the local network, and how many does each funded account start with?
 *
 * The same symbols and decimals as the exchange's own list of assets; a test compares them.
 * KTA is the base token of the network; the others are made by the issuer account.
 */
export const BASE_TOKEN = 'KTA';

export const TOKENS = {
	KTA: { decimals: 18, name: 'Keeta' },
	USDT: { decimals: 6, name: 'Tether USD, local copy' },
	USDX: { decimals: 6, name: 'USDX, local copy' },
	BTC: { decimals: 8, name: 'Bitcoin, local copy' },
	USD: { decimals: 10, name: 'US dollar, local copy' },
};

/** Whole tokens that the treasury and the faucet hold each at the start. */
export const INITIAL_HOLDING = 1_000_000_000n;

/** Whole KTA staked behind each representative. */
export const STAKE = 100_000_000n;

export const units = (symbol, whole) => whole * 10n ** BigInt(TOKENS[symbol].decimals);

/** How a token says its decimals on chain: base64 JSON, by convention of the network. */
export const metadata = (symbol) => btoa(JSON.stringify({ decimalPlaces: TOKENS[symbol].decimals }));
