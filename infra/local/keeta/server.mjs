/**
 * How is a local Keeta network started?
 *
 *     node server.mjs [--port N] [--representatives N] [--state DIR] [--fee UNITS] [--controls]
 *
 * Prints one line of JSON, the description of the network, when it is ready; the same is written
 * to DIR/network.json. Runs until SIGTERM or SIGINT, or until its standard input is closed when
 * --with-parent is given, so that it never outlives the program that started it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { NodeServer } from './http/server.mjs';
import { readFee } from './http/controls.mjs';
import { clock } from './ledger/clock.mjs';
import { Journal } from './ledger/journal.mjs';
import { claim, release } from './ledger/ownership.mjs';
import { hashKey } from './ledger/sdk.mjs';
import { describeNetwork, writeDescription } from './network/description.mjs';
import { genesisStaple } from './network/genesis.mjs';
import { Network } from './network/network.mjs';

const { values: options } = parseArgs({
	options: {
		port: { type: 'string', default: '0' },
		representatives: { type: 'string', default: '1' },
		state: { type: 'string' },
		fee: { type: 'string', default: '0' },
		controls: { type: 'boolean', default: false },
		'with-parent': { type: 'boolean', default: false },
	},
});

const FORMAT = 1;

async function openJournal(genesis) {
	if (options.state === undefined) {
		return null;
	}
	fs.mkdirSync(options.state, { recursive: true });
	await claim(options.state);
	return new Journal(path.join(options.state, 'journal.log'), { format: FORMAT, genesis: hashKey(genesis.blocksHash) });
}

async function start() {
	if (options.controls) {
		clock.install();
	}
	const representatives = Number(options.representatives);
	const genesis = await genesisStaple(representatives);
	const network = new Network({
		representatives, genesis, fee: readFee({ amount: options.fee }), journal: await openJournal(genesis),
	});
	await network.start();
	const server = new NodeServer(network, { controls: options.controls, initialFee: options.fee });
	await server.listen(Number(options.port));
	return { network, server };
}

function stopWith({ network, server }) {
	const stop = () => {
		server.close();
		network.close();
		if (options.state !== undefined) {
			release(options.state);
		}
		process.exit(0);
	};
	process.on('SIGTERM', stop);
	process.on('SIGINT', stop);
	if (options['with-parent']) {
		process.stdin.on('end', stop).resume();
	}
}

const running = await start();
stopWith(running);
const description = describeNetwork(running.network, running.server, options);
if (options.state !== undefined) {
	writeDescription(path.join(options.state, 'network.json'), description);
}
process.stdout.write(`${JSON.stringify(description)}\n`);
