/** Which route does a request name? */

const split = (path) => path.split('/').filter((part) => part !== '');

function match(pattern, parts) {
	if (pattern.length !== parts.length) {
		return null;
	}
	const params = {};
	for (const [index, expected] of pattern.entries()) {
		if (expected.startsWith(':')) {
			params[expected.slice(1)] = decodeURIComponent(parts[index]);
		} else if (expected !== parts[index]) {
			return null;
		}
	}
	return params;
}

/** Routes are tried in order, so a fixed path stands before one with a parameter in its place. */
export class Router {
	#routes;

	constructor(routes) {
		this.#routes = routes.map((route) => ({ ...route, pattern: split(route.path) }));
	}

	/** `path` keeps its percent-encoding: an encoded slash belongs to its part. */
	find(method, path) {
		const parts = split(path);
		for (const route of this.#routes.filter((each) => each.method === method)) {
			const params = match(route.pattern, parts);
			if (params !== null) {
				return { route, params };
			}
		}
		return null;
	}
}
