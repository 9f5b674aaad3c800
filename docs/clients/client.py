"""A Linnet client for Python: pip install websockets; python3 client.py http://localhost:8000 ops ann

It sends each line that is typed, and prints what others say."""

import asyncio, collections, contextlib, json, random, sys, urllib.parse, uuid
import websockets

base, room, name = sys.argv[1:]
waiting = collections.deque()  # what the server has not stored yet, oldest first
since, session, here, failures = None, None, None, 0


async def send_first(pause=0):
    await asyncio.sleep(pause)
    if here and waiting:
        with contextlib.suppress(websockets.ConnectionClosed):  # the next connection sends it
            await here.send(json.dumps(waiting[0]))


async def receive(socket, it):
    global since, session, here, failures
    kind = it.get("type")
    if kind == "joined":
        if it["you"]["username"] != name:  # somebody else has the name
            return await socket.close()
        if since and not it["recovered"]:
            print("The server has another history now: messages are missing here.", file=sys.stderr)
        if not it["recovered"]:
            since = f"{it['epoch']}:{it['last_id']}"
        session, here, failures = it["you"]["session"], socket, 0
        await send_first()  # again under the same ref, so it is stored once
    elif kind == "error" and it["code"] in ("rate_limited", "busy", "store_failed", "store_unavailable"):
        asyncio.create_task(send_first(it.get("retry_after_ms", 1000) / 1000))
    elif kind in ("ack", "error"):
        if kind == "error":
            print(it["message"], file=sys.stderr)
        if waiting and it.get("ref") == waiting[0]["ref"]:
            waiting.popleft()
            await send_first()
    elif "id" in it:
        since = f"{since.split(':')[0]}:{it['id']}"
        if kind == "message" and it.get("username") != name:
            print(f"{it['username']}: {it['message']}", flush=True)


async def stay():
    global here, failures
    while True:
        query = {"room": room, "name": name, "events": 1} | ({"since": since, "session": session} if since else {})
        url = f"{base.replace('http', 'ws', 1)}/ws?{urllib.parse.urlencode(query)}"
        try:
            async with websockets.connect(url) as socket:
                with contextlib.suppress(websockets.ConnectionClosed):
                    async for text in socket:
                        await receive(socket, json.loads(text))
            if socket.close_code == 1008:  # sent away
                return
        except (OSError, websockets.WebSocketException) as error:
            print(error, file=sys.stderr)
        here = None
        await asyncio.sleep(min(30, 0.5 * 2**failures) * random.uniform(0.5, 1))
        failures += 1


async def main():
    staying = asyncio.create_task(stay())
    while line := await asyncio.to_thread(sys.stdin.readline):
        waiting.append({"message": line.rstrip("\n"), "ref": str(uuid.uuid4())})
        if len(waiting) == 1:
            await send_first()
    await staying


asyncio.run(main())
