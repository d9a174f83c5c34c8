/** What does a node say about itself, its peers and what it stores besides money? */
import { Utils } from '../ledger/sdk.mjs';
import { readAccount } from './query.mjs';

/** The ledger that runs here, as the package numbers it. */
const VERSION = '0.14.12';
const REPRESENTATIVE_KIND = 1;

const quietSwitch = {
	incomingMessages: 0,
	outgoingMessagesPeerSuccess: 0,
	outgoingMessagesPeerFailure: 0,
	outgoingMessagesPeerFiltered: 0,
	outgoingMessagesPeerFailureUngreeted: 0,
};

const weigh = async (rep, account) => ({ representative: account, weight: await rep.ledger.votingPower(account) });

const representatives = async ({ network, rep, endpoints }) => ({
	representatives: await Promise.all(network.representatives.map(async (each) => ({
		...await weigh(rep, each.key),
		endpoints: endpoints(each.number),
	}))),
});

const representative = ({ rep, params }) =>
	weigh(rep, params.rep === undefined ? rep.key : readAccount(params.rep).assertAccount());

const peers = async ({ network, endpoints }) => ({
	peers: network.representatives.map(({ key, number }) => ({ kind: REPRESENTATIVE_KIND, key, endpoints: endpoints(number) })),
});

const stats = async ({ rep }) => ({ ledger: await rep.ledger.stats(), switch: quietSwitch });

const checksum = async ({ rep }) => ({ moment: new Date(), momentRange: 0, checksum: rep.storage.main.checksum });

const version = async () => ({ node: VERSION });

const toPEM = ({ certificate, intermediates }) => ({
	certificate: certificate.toPEM(),
	intermediates: intermediates?.getCertificates().map((each) => each.toPEM()) ?? null,
});

async function certificates({ rep, params }) {
	const found = await rep.ledger.getAccountCertificates(readAccount(params.account));
	return { account: params.account, certificates: found.map(toPEM) };
}

async function certificate({ rep, params }) {
	const hash = new Utils.Certificate.CertificateHash(params.hash);
	const found = await rep.ledger.getAccountCertificateByHash(readAccount(params.account), hash);
	return { account: params.account, ...(found === null ? { certificate: null, intermediates: null } : toPEM(found)) };
}

export const nodeRoutes = [
	{ method: 'GET', path: '/node/version', name: 'version', handle: version },
	{ method: 'GET', path: '/node/peers', name: 'peers', handle: peers },
	{ method: 'GET', path: '/node/stats', name: 'stats', handle: stats },
	{ method: 'GET', path: '/node/ledger/checksum', name: 'checksum', handle: checksum },
	{ method: 'GET', path: '/node/ledger/representatives', name: 'representatives', handle: representatives },
	{ method: 'GET', path: '/node/ledger/representative', name: 'representative', handle: representative },
	{ method: 'GET', path: '/node/ledger/representative/:rep', name: 'representative', handle: representative },
	{ method: 'GET', path: '/node/ledger/account/:account/certificates', name: 'certificates', handle: certificates },
	{ method: 'GET', path: '/node/ledger/account/:account/certificates/:hash', name: 'certificate', handle: certificate },
];
