// Who the reader is to the server: joins after each connect, is renamed, and finds out when a name cannot be had.
import { delayAfter } from './requests.js';
import { ROOM_FAULTS } from './rooms.js';
import { recall, remember } from './storage.js';
import { encodeJoin, encodeNick, encodePing, randomId } from './wire.js';

const NAME_FAULTS = ['name_taken', 'bad_name', 'banned'];

// place() is the room to go into with what was seen of it, nameInDoubt() the name under which something was said that
// has not been acknowledged. onRefused({ code, text, name, isOut }): without another name there is no way in if isOut,
// and with an empty one none at all. onRoomRefused(error) is to think of another room.
export function createSession({ send, place, nameInDoubt, onNamed, onRefused, onRoomRefused }) {
	let wanted = null;
	let name = '';
	let joinRef = '';
	let nick = null;
	let isJoined = false;
	let isLeftOut = false;
	// The server alone says what the reader is called.
	let isNameless = false;
	let timer = 0;
	let setbacks = 0;

	// Tabs of one browser are one person, and so is a page whose old connection lingers.
	const token = () => recall('session');

	function join() {
		clearTimeout(timer);
		joinRef = randomId();
		isLeftOut = false;
		name = nameInDoubt() || wanted.name;
		send(encodeJoin({ ref: joinRef, ...place(), name: isNameless ? '' : name, email: wanted.email, session: token() }));
	}

	function called(newName) {
		if (name === newName)
			return;
		name = newName;
		onNamed(name);
	}

	// Once nothing depends on the present name. There is no answer to a nick, so a ping goes behind it.
	function adoptWanted() {
		if (!isJoined || nick || wanted.name === name || nameInDoubt())
			return;
		nick = { ref: randomId(), name: wanted.name };
		send(encodeNick({ ref: nick.ref, name: nick.name, email: wanted.email, session: token() }));
		send(encodePing({ ref: nick.ref }));
	}

	function joinRefused({ code, text, retryAfter }) {
		if (code === 'denied' && name && !isNameless) {
			isNameless = true;
			join();
		} else if (code === 'denied' && !place().room) {
			onRefused({ code, text, name: '', isOut: true });
		} else if (NAME_FAULTS.includes(code)) {
			isLeftOut = true;
			onRefused({ code, text, name: isNameless ? '' : name, isOut: true });
		} else if (code === 'bad_field' && token()) {
			remember('session', '');
			join();
		} else if (ROOM_FAULTS.includes(code) && place().room) {
			onRoomRefused({ code, text });
			join();
		} else {
			timer = setTimeout(join, retryAfter || delayAfter(setbacks++));
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
		onRefused({ code, text, name: refused, isOut: false });
	}

	return {
		adoptWanted,
		get name() {
			return name || wanted.name;
		},
		// The server does not let the reader in under the present name.
		get isLeftOut() {
			return isLeftOut;
		},
		want(identity) {
			wanted = identity;
			isNameless = !identity.name;
			if (isLeftOut)
				join();
			else
				adoptWanted();
		},
		// Whether this is what let the reader in, and not into one more room.
		isEntry: ({ ref }) => !ref || ref === joinRef,
		opened: join,
		closed() {
			clearTimeout(timer);
			joinRef = '';
			nick = null;
			isJoined = isLeftOut = false;
		},
		joined(frame) {
			setbacks = 0;
			isJoined = true;
			remember('session', frame.session);
			name = frame.name;
			if (isNameless)
				wanted = { ...wanted, name };
			onNamed(name);
		},
		// Also when another tab of the reader's has done it.
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
		// False if the error is about something else.
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
