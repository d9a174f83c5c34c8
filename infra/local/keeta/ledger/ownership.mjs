/** Is another server writing to this folder already? Two writers would mix their journals. */
import fs from 'node:fs';
import path from 'node:path';

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

/** Mark the folder as ours. Throws when its owner still runs; one that was killed is replaced. */
export function claim(folder) {
	const file = path.join(folder, 'owner.pid');
	const owner = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : null;
	if (owner !== null && owner !== process.pid && isAlive(owner)) {
		throw new Error(`${folder} is in use by process ${owner}; if that is no Keeta network, remove ${file}`);
	}
	fs.writeFileSync(file, `${process.pid}`);
}

export function release(folder) {
	fs.rmSync(path.join(folder, 'owner.pid'), { force: true });
}
