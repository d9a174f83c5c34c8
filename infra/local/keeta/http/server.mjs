/** How does a request reach a representative, and what may go wrong on the way? */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountRoutes } from './account_routes.mjs';
import { readBody, send, sendError } from './answer.mjs';
import { chainRoutes } from './chain_routes.mjs';
import { controlRoutes } from './controls.mjs';
import { Faults } from './faults.mjs';
import { nodeRoutes } from './node_routes.mjs';
import { Router } from './router.mjs';
import { voteRoutes } from './vote_routes.mjs';

export const HOST = '127.0.0.1';
const LOCAL_NAMES = new Set([HOST, 'localhost']);
const BASE_PATH = /^\/rep(\d+)\/api(\/.*)$/;

/** A page in a browser must not reach this server under a name of its own. */
const isLocal = (request) => LOCAL_NAMES.has((request.headers.host ?? '').replace(/:\d+$/, ''));

export class NodeServer {
	#node = new Router([...voteRoutes, ...accountRoutes, ...chainRoutes, ...nodeRoutes]);
	#controls = new Router(controlRoutes);
	#faults = new Faults();
	#network;
	#options;
	#server;

	/** `options`: {controls: boolean, initialFee: string}. */
	constructor(network, options) {
		this.#network = network;
		this.#options = options;
		this.#server = http.createServer((request, response) => {
			this.#answer(request, response).catch((error) => sendError(response, error));
		});
	}

	/** Listen on a loopback port (0 picks one). Returns the origin of its URLs. */
	async listen(port) {
		await new Promise((resolve, reject) => {
			this.#server.once('error', reject);
			this.#server.listen(port, HOST, resolve);
		});
		this.origin = `http://${HOST}:${this.#server.address().port}`;
		return this.origin;
	}

	endpoints(number) {
		const base = `${this.origin}/rep${number}`;
		return { api: `${base}/api`, p2p: `${base.replace('http', 'ws')}/p2p` };
	}

	async #answer(request, response) {
		const url = new URL(request.url, this.origin);
		const [, number, path] = BASE_PATH.exec(url.pathname) ?? [];
		const rep = number === undefined ? null : this.#network.representative(Number(number));
		if (isLocal(request) && rep !== null) {
			await this.#askNode(rep, path, { request, response, url });
		} else if (isLocal(request) && this.#options.controls && url.pathname.startsWith('/controls')) {
			await this.#askControls({ request, response, url });
		} else {
			send(response, 404, { error: true, message: 'Nothing here' });
		}
	}

	async #askControls({ request, response, url }) {
		const found = this.#controls.find(request.method, url.pathname);
		if (found === null) {
			send(response, 404, { error: true, message: 'No such control' });
			return;
		}
		const body = await readBody(request);
		send(response, 200, await found.route.handle({
			network: this.#network, faults: this.#faults, initialFee: this.#options.initialFee, body,
		}));
	}

	async #askNode(rep, path, { request, response, url }) {
		if (!rep.isUp) {
			this.#failAs(rep.condition, request, response);
			return;
		}
		const found = this.#node.find(request.method, path);
		if (found === null) {
			send(response, 404, { error: true, message: 'No such route' });
			return;
		}
		const body = await readBody(request);
		const context = {
			network: this.#network, rep, body, params: found.params,
			query: Object.fromEntries(url.searchParams), endpoints: (each) => this.endpoints(each),
		};
		await this.#handle(found.route, context, { request, response });
	}

	async #handle(route, context, { request, response }) {
		const name = typeof route.name === 'function' ? route.name(context.body) : route.name;
		const faults = this.#faults.hits(name, context.rep.number);
		const isHit = (action) => faults.some((fault) => fault.action === action);
		if (isHit('delay')) {
			await sleep(Math.max(...faults.map(({ delayMs }) => delayMs)));
		}
		if (isHit('drop_request')) {
			request.socket.destroy();
			return;
		}
		const result = await route.handle(context).then((value) => ({ value }), (error) => ({ error }));
		if (isHit('drop_response')) {
			request.socket.destroy();
		} else if (result.error !== undefined) {
			sendError(response, result.error);
		} else {
			send(response, 200, result.value);
		}
	}

	#failAs(condition, request, response) {
		if (condition === 'unavailable') {
			send(response, 503, { message: 'Service unavailable' });
		} else if (condition === 'reset') {
			request.socket.destroy();
		}
	}

	close() {
		this.#server.close();
		this.#server.closeAllConnections();
	}
}
