// A chat client on a library for Go.
//
//	go-client LIBRARY    with URL, ROOM and NAME in the environment
//
// It says each line of standard input, once each over reconnects, and prints "here" whenever it has
// entered the room, and "ID TEXT" for each message of others. "net/http-push" sends its input in
// chunks, as one message. "net-dial" is a client of the line port, at LINE.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

var base, room, name = os.Getenv("URL"), os.Getenv("ROOM"), os.Getenv("NAME")

type thing struct {
	Type     string `json:"type,omitempty"`
	ID       int64  `json:"id,omitempty"`
	Username string `json:"username,omitempty"`
	Message  string `json:"message"`
	Ref      string `json:"ref,omitempty"`
	Epoch    string `json:"epoch,omitempty"`
	LastID   int64  `json:"last_id,omitempty"`
	You      *struct {
		Session string `json:"session"`
	} `json:"you,omitempty"`
}

type answer struct {
	thing
	Since    string  `json:"since"`
	Messages []thing `json:"messages"`
}

// What the client has to know over reconnects.
type place struct {
	sync.Mutex
	epoch, session string
	last           int64
	said           int
	unsaid         []thing
}

var here place

func (p *place) since() string {
	p.Lock()
	defer p.Unlock()
	if p.epoch == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.epoch, p.last)
}

func (p *place) hear(t thing) {
	p.Lock()
	defer p.Unlock()
	switch {
	case t.Type == "joined":
		p.session = t.You.Session
		if t.Epoch != p.epoch {
			p.epoch, p.last = t.Epoch, t.LastID
		}
		fmt.Println("here")
	case t.Type == "ack":
		p.drop(t.Ref)
	case t.Type == "message":
		p.last = t.ID
		if t.Username != name {
			fmt.Println(t.ID, t.Message)
		}
	}
}

// The caller holds the lock.
func (p *place) drop(ref string) {
	for i, one := range p.unsaid {
		if one.Ref == ref {
			p.unsaid = append(p.unsaid[:i:i], p.unsaid[i+1:]...)
			return
		}
	}
}

func (p *place) add(text string) {
	p.Lock()
	defer p.Unlock()
	p.said++
	p.unsaid = append(p.unsaid, thing{Message: text, Ref: fmt.Sprintf("%s-%d", name, p.said)})
}

// Returns what is not said yet, and the session.
func (p *place) rest() ([]thing, string) {
	p.Lock()
	defer p.Unlock()
	return append([]thing(nil), p.unsaid...), p.session
}

func socketURL() string {
	url := strings.Replace(base, "http", "ws", 1) + "/ws?events=1&room=" + room + "&name=" + name
	if since := here.since(); since != "" {
		url += "&since=" + since
	}
	return url
}

// Calls turn for ever.
func again(turn func() error) {
	for {
		if err := turn(); err != nil {
			log.Print(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Sends what is not acked yet, and what comes, until it fails.
func sayOver(send func(thing) error) {
	sent := map[string]bool{}
	for {
		rest, _ := here.rest()
		for _, one := range rest {
			if !sent[one.Ref] {
				sent[one.Ref] = true
				if send(one) != nil {
					return
				}
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func chatByGorilla() error {
	socket, _, err := gorilla.DefaultDialer.Dial(socketURL(), nil)
	if err != nil {
		return err
	}
	defer socket.Close()
	go sayOver(func(t thing) error { return socket.WriteJSON(t) })
	for {
		var t thing
		if err := socket.ReadJSON(&t); err != nil {
			return err
		}
		here.hear(t)
	}
}

func chatByCoder() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	socket, _, err := coder.Dial(ctx, socketURL(), nil)
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	go sayOver(func(t thing) error {
		text, _ := json.Marshal(t)
		return socket.Write(ctx, coder.MessageText, text)
	})
	for {
		_, text, err := socket.Read(ctx)
		if err != nil {
			return err
		}
		var t thing
		if err := json.Unmarshal(text, &t); err != nil {
			return err
		}
		here.hear(t)
	}
}

// Says what is to be said beside a stream or a poll.
func sayBeside() error {
	rest, session := here.rest()
	if len(rest) == 0 || session == "" {
		return nil
	}
	body, _ := json.Marshal(rest[0])
	response, err := http.Post(base+"/send/"+room+"?session="+session, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", text)
	}
	here.Lock()
	defer here.Unlock()
	here.drop(rest[0].Ref)
	return nil
}

func chatByStream() error {
	request, _ := http.NewRequest("GET", base+"/events/"+room+"?name="+name, nil)
	if since := here.since(); since != "" {
		request.Header.Set("Last-Event-ID", since)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		var t thing
		if data := strings.TrimPrefix(lines.Text(), "data: "); data != lines.Text() && json.Unmarshal([]byte(data), &t) == nil {
			here.hear(t)
		}
	}
	return lines.Err()
}

func chatByPoll() error {
	_, session := here.rest()
	url := base + "/poll/" + room + "?name=" + name
	if session != "" {
		url += "&session=" + session + "&since=" + here.since()
	} else {
		url += "&wait=0"
	}
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return err
	}
	if a.You == nil {
		return fmt.Errorf("%s", response.Status)
	}
	if a.You.Session != session {
		a.Type = "joined"
		here.hear(a.thing)
	}
	for _, t := range a.Messages {
		here.hear(t)
	}
	here.Lock()
	defer here.Unlock()
	_, err = fmt.Sscanf(a.Since[strings.Index(a.Since, ":")+1:], "%d", &here.last)
	return err
}

func pushInChunks() {
	in, out := io.Pipe()
	go func() {
		io.Copy(out, os.Stdin)
		out.Close()
	}()
	response, err := http.Post(base+"/push/"+room, "text/plain", in)
	if err != nil {
		log.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	fmt.Println(response.StatusCode, string(text))
}

// As the tutorials have it: one goroutine reads lines, the other writes them.
func chatByLines() {
	conn, err := net.Dial("tcp", os.Getenv("LINE"))
	if err != nil {
		log.Fatal(err)
	}
	go io.Copy(os.Stdout, conn)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Fprintf(conn, "%s\n", lines.Text())
	}
}

func main() {
	switch library := os.Args[1]; library {
	case "net/http-push":
		pushInChunks()
		return
	case "net-dial":
		chatByLines()
		return
	case "gorilla":
		go again(chatByGorilla)
	case "coder":
		go again(chatByCoder)
	case "net/http-stream":
		go again(chatByStream)
		go again(sayBeside)
	case "net/http-poll":
		go again(chatByPoll)
		go again(sayBeside)
	default:
		log.Fatal("unknown library ", library)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		here.add(lines.Text())
	}
}
