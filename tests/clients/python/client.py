"""A chat client on a library for Python.

    client.py LIBRARY    with URL, ROOM and NAME in the environment

It says each line of standard input, once each over reconnects, and prints "here" whenever it has
entered the room, and "ID TEXT" for each message of others. "LIBRARY-push" sends its input in
chunks, as one message.
"""

import asyncio
import json
import os
import sys
import threading
import time

import aiohttp
import httpx
import requests
import websockets

base, room, name = (os.environ[key] for key in ("URL", "ROOM", "NAME"))
SEND = f"{base}/send/{room}"
STREAM = f"{base}/events/{room}?name={name}"
POLL = f"{base}/poll/{room}?name={name}"
PUSH = f"{base}/push/{room}"


class Place:
    """What the client has to know over reconnects."""

    def __init__(self):
        self.epoch, self.last, self.session = None, 0, None
        self.unsaid, self.said = [], 0
        self.wake = threading.Condition()

    def since(self):
        return f"{self.epoch}:{self.last}" if self.epoch else ""

    def hear(self, thing):
        kind = thing.get("type")
        if kind == "joined":
            with self.wake:
                self.session = thing["you"]["session"]
                self.wake.notify()
            if thing["epoch"] != self.epoch:
                self.epoch, self.last = thing["epoch"], thing["last_id"]
            print("here", flush=True)
        elif kind == "ack":
            self.unsaid = [one for one in self.unsaid if one["ref"] != thing["ref"]]
        elif kind == "message":
            self.last = thing["id"]
            if thing["username"] != name:
                print(thing["id"], thing["message"], flush=True)

    def hear_line(self, line):
        """A line of a stream of events."""
        if line.startswith("data: "):
            self.hear(json.loads(line[6:]))

    def hear_poll(self, answer):
        if answer["you"]["session"] != self.session:
            self.hear({**answer, "type": "joined"})
        for message in answer["messages"]:
            self.hear(message)
        self.epoch, last = answer["since"].split(":")
        self.last = int(last)

    def poll_query(self):
        query = f"&since={self.since()}" if self.epoch else "&wait=0"
        return POLL + query + (f"&session={self.session}" if self.session else "")

    def add(self, text):
        with self.wake:
            self.said += 1
            self.unsaid.append({"message": text, "ref": f"{name}-{self.said}"})
            self.wake.notify()


place = Place()


def say_beside(post):
    """Says what is to be said beside a stream or a poll. post(url, json) returns the status."""
    while True:
        with place.wake:
            while not place.unsaid or not place.session:
                place.wake.wait()
            first, session = place.unsaid[0], place.session
        try:
            status = post(f"{SEND}?session={session}", first)
        except Exception:
            status = 0
        if status == 200:
            place.unsaid.remove(first)
        else:
            time.sleep(0.05)


def again(turn):
    """Calls turn() for ever."""
    while True:
        try:
            turn()
        except (requests.RequestException, httpx.HTTPError, KeyError):
            pass
        time.sleep(0.01)


def requests_stream():
    headers = {"Last-Event-ID": place.since()} if place.epoch else {}
    with requests.get(STREAM, headers=headers, stream=True, timeout=60) as answer:
        for line in answer.iter_lines():
            place.hear_line(line.decode())


def requests_poll():
    place.hear_poll(requests.get(place.poll_query(), timeout=60).json())


def httpx_stream():
    headers = {"Last-Event-ID": place.since()} if place.epoch else {}
    with httpx.stream("GET", STREAM, headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            place.hear_line(line)


def httpx_poll():
    place.hear_poll(httpx.get(place.poll_query(), timeout=60).json())


def beside(turn, post):
    threading.Thread(target=say_beside, args=(post,), daemon=True).start()
    threading.Thread(target=again, args=(turn,), daemon=True).start()


def by_requests(turn):
    beside(turn, lambda url, thing: requests.post(url, json=thing, timeout=60).status_code)


def by_httpx(turn):
    beside(turn, lambda url, thing: httpx.post(url, json=thing, timeout=60).status_code)


def by_asyncio(work):
    """Runs work() for ever in a thread of its own."""

    async def forever():
        while True:
            try:
                await work()
            except (OSError, aiohttp.ClientError, websockets.WebSocketException, KeyError):
                pass
            await asyncio.sleep(0.05)

    threading.Thread(target=asyncio.run, args=(forever(),), daemon=True).start()


def socket_url():
    since = f"&since={place.since()}" if place.epoch else ""
    return f"{base.replace('http', 'ws', 1)}/ws?events=1&room={room}&name={name}{since}"


async def say_over(send):
    """Sends what is not acked yet, and what comes."""
    sent = set()
    while True:
        for one in list(place.unsaid):
            if one["ref"] not in sent:
                sent.add(one["ref"])
                await send(json.dumps(one))
        await asyncio.sleep(0.01)


async def websockets_ws():
    async with websockets.connect(socket_url()) as socket:
        saying = asyncio.create_task(say_over(socket.send))
        try:
            async for text in socket:
                place.hear(json.loads(text))
        finally:
            saying.cancel()


async def aiohttp_ws():
    async with aiohttp.ClientSession() as client, client.ws_connect(socket_url()) as socket:
        saying = asyncio.create_task(say_over(socket.send_str))
        try:
            async for message in socket:
                place.hear(json.loads(message.data))
        finally:
            saying.cancel()


async def aiohttp_say(client):
    while True:
        if place.unsaid and place.session:
            first = place.unsaid[0]
            async with client.post(f"{SEND}?session={place.session}", json=first) as answer:
                if answer.status == 200:
                    place.unsaid.remove(first)
        await asyncio.sleep(0.01)


async def aiohttp_stream():
    headers = {"Last-Event-ID": place.since()} if place.epoch else {}
    async with aiohttp.ClientSession() as client, client.get(STREAM, headers=headers) as answer:
        saying = asyncio.create_task(aiohttp_say(client))
        try:
            async for line in answer.content:
                place.hear_line(line.decode())
        finally:
            saying.cancel()


async def aiohttp_poll():
    async with aiohttp.ClientSession() as client:
        saying = asyncio.create_task(aiohttp_say(client))
        try:
            while True:
                async with client.get(place.poll_query()) as answer:
                    place.hear_poll(await answer.json())
        finally:
            saying.cancel()


async def aiohttp_push():
    async def pieces():
        for line in sys.stdin.buffer:
            yield line

    async with aiohttp.ClientSession() as client, client.post(PUSH, data=pieces()) as answer:
        print(answer.status, await answer.text())


chats = {
    "requests-stream": lambda: by_requests(requests_stream),
    "requests-poll": lambda: by_requests(requests_poll),
    "httpx-stream": lambda: by_httpx(httpx_stream),
    "httpx-poll": lambda: by_httpx(httpx_poll),
    "aiohttp-ws": lambda: by_asyncio(aiohttp_ws),
    "aiohttp-stream": lambda: by_asyncio(aiohttp_stream),
    "aiohttp-poll": lambda: by_asyncio(aiohttp_poll),
    "websockets": lambda: by_asyncio(websockets_ws),
}

library = sys.argv[1]
if library == "requests-push":
    done = requests.post(PUSH, data=iter(sys.stdin.buffer), timeout=60)
    print(done.status_code, done.text)
elif library == "httpx-push":
    done = httpx.post(PUSH, content=(line for line in sys.stdin.buffer), timeout=60)
    print(done.status_code, done.text)
elif library == "aiohttp-push":
    asyncio.run(aiohttp_push())
else:
    chats[library]()
    for spoken in sys.stdin:
        place.add(spoken.rstrip("\n"))
