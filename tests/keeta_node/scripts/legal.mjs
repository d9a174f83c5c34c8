/** Does the official SDK read these staples? Input: base64 texts. Prints their ids, null where it does not. */
import { Vote, finish, input } from '../../keeta_network/scripts/sdk.mjs';

function idOf(text) {
	try {
		return new Vote.Staple(Buffer.from(text, 'base64')).blocksHash.toString();
	} catch {
		return null;
	}
}

finish(input.map(idOf));
