// A machine that vanishes: a network namespace whose cable is cut.

import { spawn, spawnSync } from 'node:child_process';

const run = (command) => spawnSync('sh', ['-ec', command], { encoding: 'utf8' });

/**
 * Makes a namespace with a cable to it, as { address, spawn(), cut(), remove() }: the address of this
 * side, a function that starts a program on the other side, and one after which nothing passes any
 * more. null if this process may not make one.
 */
export function farMachine() {
	const name = `linnet${process.pid}`;
	const [address, far] = ['198.18.77.1', '198.18.77.2'];
	const remove = () => run(`ip netns del ${name}; ip link del ${name}a`);
	const made = run(`
		ip netns add ${name}
		ip link add ${name}a type veth peer name ${name}b netns ${name}
		ip addr add ${address}/30 dev ${name}a
		ip link set ${name}a up
		ip -n ${name} addr add ${far}/30 dev ${name}b
		ip -n ${name} link set ${name}b up`);
	if (made.status !== 0) {
		remove();
		return null;
	}
	process.once('exit', remove);
	return {
		address,
		spawn: (...command) => spawn('ip', ['netns', 'exec', name, ...command], { stdio: ['ignore', 'pipe', 'ignore'] }),
		cut: () => run(`ip -n ${name} link set ${name}b down`),
		remove,
	};
}
