/** Is another server writing to this folder already? Two writers would mix their journals. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// One that was told to end, or whose starter was killed, needs a moment.
const PATIENCE_MS = 3000;
const POLL_MS = 50;

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

/** Mark the folder as ours. Throws when its owner goes on running; one that was killed is replaced. */
export async function claim(folder) {
	const file = path.join(folder, 'owner.pid');
	const owner = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : null;
	const until = Date.now() + PATIENCE_MS;
	while (owner !== null && owner !== process.pid && isAlive(owner)) {
		if (Date.now() > until) {
			throw new Error(`${folder} is in use by process ${owner}; if that is no Keeta network, remove ${file}`);
		}
		await sleep(POLL_MS);
	}
	fs.writeFileSync(file, `${process.pid}`);
}

export function release(folder) {
	fs.rmSync(path.join(folder, 'owner.pid'), { force: true });
}
