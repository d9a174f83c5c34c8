// Which values does the official SDK give for fixed seeds, times and inputs?
//
//   node tests/vectors/generate.mjs            writes the .json files beside this one
//   node tests/vectors/generate.mjs --check    fails if a committed file would change
//
// The SDK is the pinned development dependency of the local network. Nothing here is
// random and nothing reads the clock, so two runs write the same bytes.

import { readFileSync, writeFileSync } from 'node:fs';
import accounts from './sources/accounts.mjs';
import blocks from './sources/blocks.mjs';
import permissions from './sources/permissions.mjs';
import refusals from './sources/refusals.mjs';
import signatures from './sources/signatures.mjs';
import votes from './sources/votes.mjs';

const sources = { accounts, blocks, permissions, refusals, signatures, votes };

// One line per vector: a change of one is a change of one line.
function text(tables) {
	const sections = Object.entries(tables).map(([name, rows]) => {
		const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
		return `  ${JSON.stringify(name)}: [\n${lines}\n  ]`;
	});
	return `{\n${sections.join(',\n')}\n}\n`;
}

for (const [name, source] of Object.entries(sources)) {
	const file = new URL(`${name}.json`, import.meta.url);
	const written = text(await source());
	if (!process.argv.includes('--check')) {
		writeFileSync(file, written);
	} else if (readFileSync(file, 'utf8') !== written) {
		console.error(`${name}.json is not what the SDK gives`);
		process.exitCode = 1;
	}
}
