// A Linnet client for Go: go mod init client; go get github.com/coder/websocket; go run client.go http://localhost:8000 ops ann
// It sends each line that is typed, and prints what others say.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	mathrand "math/rand"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

type object struct {
	Type, Code, Username, Message, Ref, Epoch string
	ID                                        int64
	LastID                                    int64 `json:"last_id"`
	RetryAfterMS                              int64 `json:"retry_after_ms"`
	Recovered                                 bool
	You                                       struct{ Username, Session string }
}

var (
	base, room, name = os.Args[1], os.Args[2], os.Args[3]
	ctx              = context.Background()
	lock             sync.Mutex
	waiting          []map[string]string // what the server has not stored yet, oldest first
	here             *websocket.Conn
	epoch, session   string
	last             int64
	failures         int
)

func sendFirst() {
	lock.Lock()
	defer lock.Unlock()
	if here != nil && len(waiting) > 0 {
		wsjson.Write(ctx, here, waiting[0]) // if this fails, so does the reading
	}
}

func add(message string) {
	ref := make([]byte, 16)
	rand.Read(ref)
	lock.Lock()
	waiting = append(waiting, map[string]string{"message": message, "ref": fmt.Sprintf("%x", ref)})
	isFirst := len(waiting) == 1
	lock.Unlock()
	if isFirst {
		sendFirst()
	}
}

func remove(ref string) {
	lock.Lock()
	isFirst := len(waiting) > 0 && waiting[0]["ref"] == ref
	if isFirst {
		waiting = waiting[1:]
	}
	lock.Unlock()
	if isFirst {
		sendFirst()
	}
}

func setHere(socket *websocket.Conn) {
	lock.Lock()
	here = socket
	lock.Unlock()
	sendFirst()
}

func receive(socket *websocket.Conn, it object) {
	switch {
	case it.Type == "joined" && it.You.Username != name:
		socket.Close(websocket.StatusNormalClosure, "") // somebody else has the name
	case it.Type == "joined":
		if epoch != "" && !it.Recovered {
			log.Print("The server has another history now: messages are missing here.")
		}
		if !it.Recovered {
			epoch, last = it.Epoch, it.LastID
		}
		session, failures = it.You.Session, 0
		setHere(socket) // sends again under the same ref, so it is stored once
	case it.Type == "error" && (it.Code == "rate_limited" || it.Code == "busy" ||
		it.Code == "store_failed" || it.Code == "store_unavailable"):
		time.AfterFunc(time.Duration(it.RetryAfterMS+100)*time.Millisecond, sendFirst)
	case it.Type == "error" || it.Type == "ack":
		if it.Type == "error" {
			log.Print(it.Message)
		}
		remove(it.Ref)
	case it.ID > 0:
		last = it.ID
		if it.Type == "message" && it.Username != name {
			fmt.Printf("%s: %s\n", it.Username, it.Message)
		}
	}
}

func stay() error {
	query := url.Values{"room": {room}, "name": {name}, "events": {"1"}}
	if epoch != "" {
		query.Set("since", fmt.Sprintf("%s:%d", epoch, last))
		query.Set("session", session)
	}
	socket, _, err := websocket.Dial(ctx, strings.Replace(base, "http", "ws", 1)+"/ws?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	defer setHere(nil)
	defer socket.CloseNow()
	socket.SetReadLimit(1 << 20)
	for {
		var it object
		if err := wsjson.Read(ctx, socket, &it); err != nil {
			return err
		}
		receive(socket, it)
	}
}

func main() {
	go func() {
		for input := bufio.NewScanner(os.Stdin); input.Scan(); {
			add(input.Text())
		}
	}()
	for {
		err := stay()
		log.Print(err)
		if websocket.CloseStatus(err) == websocket.StatusPolicyViolation { // sent away
			return
		}
		pause := 500 * time.Millisecond << failures
		if failures < 6 {
			failures++
		}
		time.Sleep(pause/2 + time.Duration(mathrand.Int63n(int64(pause/2))))
	}
}
