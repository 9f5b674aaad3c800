#!/usr/bin/env bash
# A Linnet client on curl: ./client.sh http://localhost:8000 ops backup
# It pushes each line of standard input, and prints what is said in the room, one JSON object a line.
# A server on another machine wants a token: export TOKEN=...
base=$1 room=$2 name=$3
curl=(curl -sS --fail-with-body ${TOKEN:+-H "Authorization: Bearer $TOKEN"})

# After a failure: waits longer each time, and not as long as the others who lost the server, too.
pause() {
	sleep "$((tries < 5 ? 2 ** tries - 1 : 30)).$((RANDOM % 10))"
	tries=$((tries + 1))
}

listen() {
	local line last='' before tries=0
	while :; do
		before=$last
		while IFS= read -r line; do
			case $line in
			'id: '*) last=${line#id: } tries=0 ;;
			'data: {"type":"joined"'*'"recovered":false'*) [[ -z $before ]] || echo 'The server has another history now: messages are missing here.' >&2 ;;
			'data: '*) printf '%s\n' "${line#data: }" ;;
			esac
		done < <("${curl[@]}" -N ${last:+-H "Last-Event-ID: $last"} "$base/events/$room")
		pause
	done
}

# Sends until it is stored. With the same ref it is stored once, however often it is sent. curl waits out 429 by itself.
send() {
	local ref tries=0
	ref=$(cat /proc/sys/kernel/random/uuid)
	until "${curl[@]}" -o /dev/null --retry 9 -H "Ref: $ref" -d "$1" "$base/push/$room?username=$name"; do
		(($? != 22)) || break # refused: the reason was printed
		pause
	done
}

listen &
trap 'kill $!' EXIT
while IFS= read -r line; do
	send "$line"
done
wait
