// The reader's session: joins after each connect, changes the name, and handles refused names.
import { delayAfter } from '../base/backoff.js';
import { recall, remember } from '../base/storage.js';
import { encodeJoin, encodeNick, encodePing, randomId } from '../connection/wire.js';
import { ROOM_FAULTS } from './rooms.js';

const NAME_FAULTS = ['name_taken', 'bad_name', 'banned'];

// target() gives the room to join and the position there. inFlightName() is the name of unacknowledged messages.
// onRefused({ code, text, name, isJoinRefused }): the reader needs another name, or has no access if name is ''.
// onRoomRefused(error) must choose another room. onPostponed(error): the reader's network asks for too much; error.retryAfter.
export function createSession({ send, target, inFlightName, onNamed, onRefused, onRoomRefused, onPostponed }) {
	let wanted = null;
	let name = '';
	let joinRef = '';
	let nick = null;
	let isJoined = false;
	let isRejected = false;
	// The server chooses the name.
	let isServerNamed = false;
	let timer = 0;
	let failures = 0;

	// Makes tabs, and a page whose old connection lingers, one person.
	const token = () => recall('session');

	function join() {
		clearTimeout(timer);
		joinRef = randomId();
		isRejected = false;
		name = inFlightName() || wanted.name;
		const identity = { name: isServerNamed ? '' : name, email: wanted.email, session: token() };
		send(encodeJoin({ ref: joinRef, ...target(), ...identity }));
	}

	function called(newName) {
		if (name === newName)
			return;
		name = newName;
		onNamed(name);
	}

	// Renames once no message is in flight. A nick has no answer, so a ping follows it.
	function adoptWanted() {
		if (!isJoined || nick || wanted.name === name || inFlightName())
			return;
		nick = { ref: randomId(), name: wanted.name };
		send(encodeNick({ ref: nick.ref, name: nick.name, email: wanted.email, session: token() }));
		send(encodePing({ ref: nick.ref }));
	}

	function joinRefused({ code, text, retryAfter }) {
		if (code === 'denied' && name && !isServerNamed) {
			isServerNamed = true;
			join();
		} else if (code === 'denied' && !target().room) {
			onRefused({ code, text, name: '', isJoinRefused: true });
		} else if (NAME_FAULTS.includes(code)) {
			isRejected = true;
			onRefused({ code, text, name: isServerNamed ? '' : name, isJoinRefused: true });
		} else if (code === 'bad_field' && token()) {
			remember('session', '');
			join();
		} else if (ROOM_FAULTS.includes(code) && target().room) {
			onRoomRefused({ code, text });
			join();
		} else if (code === 'rate_limited') {
			onPostponed({ code, retryAfter });
		} else {
			timer = setTimeout(join, retryAfter || delayAfter(failures++));
		}
	}

	function nickRefused({ code, text, retryAfter }) {
		const refused = nick.name;

		nick = null;
		if (retryAfter) {
			timer = setTimeout(adoptWanted, retryAfter);
			return;
		}
		wanted = { ...wanted, name };
		onRefused({ code, text, name: refused, isJoinRefused: false });
	}

	return {
		adoptWanted,
		get name() {
			return name || wanted.name;
		},
		get isRejected() {
			return isRejected;
		},
		want(identity) {
			wanted = identity;
			isServerNamed = !identity.name;
			if (isRejected)
				join();
			else
				adoptWanted();
		},
		// False if this joins one more room.
		isEntry: ({ ref }) => !ref || ref === joinRef,
		opened: join,
		closed() {
			clearTimeout(timer);
			joinRef = '';
			nick = null;
			isJoined = isRejected = false;
		},
		joined(frame) {
			failures = 0;
			isJoined = true;
			remember('session', frame.session);
			name = frame.name;
			if (isServerNamed)
				wanted = { ...wanted, name };
			onNamed(name);
		},
		// Another tab may have renamed the reader.
		renamed({ was, name: newName }) {
			if (was !== name)
				return;
			if (nick?.name !== newName)
				wanted = { ...wanted, name: newName };
			called(newName);
		},
		ponged({ ref }) {
			if (!nick || ref !== nick.ref)
				return;
			const accepted = nick.name;
			nick = null;
			called(accepted);
			adoptWanted();
		},
		// False if the error belongs to something else.
		refused(error) {
			if (error.ref && error.ref === joinRef)
				joinRefused(error);
			else if (nick && error.ref === nick.ref)
				nickRefused(error);
			else
				return false;
			return true;
		},
	};
}
