/** What does the official SDK see of blocks and accounts, over HTTP? Input: {blocks, accounts}. */
import { Account, client, finish, input, lib } from '../../keeta_network/scripts/sdk.mjs';

const { toJSONSerializable } = lib.Utils.Conversion;

async function seen(hash) {
	const block = await client.getBlock(hash);
	const { operations, account, signer, previous, purpose, $hash } = toJSONSerializable(block);
	const idempotent = block.idempotent === undefined ? null : Buffer.from(block.idempotent).toString('hex');
	return { hash: $hash, account, signer, previous, purpose, idempotent, operations };
}

async function state(address) {
	const account = Account.fromPublicKeyString(address);
	const { currentHeadBlock, balances, info } = await client.getAccountInfo(account);
	const granted = await client.listACLsByEntity(account);
	return { currentHeadBlock, balances, info, granted };
}

finish({
	blocks: await Promise.all(input.blocks.map(seen)),
	accounts: await Promise.all(input.accounts.map(state)),
});
