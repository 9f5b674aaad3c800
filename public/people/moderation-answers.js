// The server's answers to moderators. Nothing received is trusted.
const readString = (value) => (typeof value === 'string' ? value : '');
const readDate = (value) => (Number.isSafeInteger(value) && value > 0 ? new Date(value) : null);

const readList = (value) =>
	(Array.isArray(value) ? value : []).filter((one) => typeof one === 'object' && one !== null);

export const readSessions = ({ sessions }) =>
	readList(sessions).map(({ username, address, since, rooms }) => ({
		username: readString(username),
		address: readString(address),
		since: readDate(since) ?? new Date(),
		rooms: (Array.isArray(rooms) ? rooms : []).map(readString).filter(Boolean),
	}));

const readSubject = ({ username, address, until }) => ({
	username: readString(username),
	address: readString(address),
	until: readDate(until),
});

export const readSubjects = ({ bans, mutes }) => ({
	bans: readList(bans).map(readSubject),
	mutes: readList(mutes).map(readSubject),
});
