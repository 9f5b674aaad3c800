// A server of rooms on a Go library for WebSockets, as the library's chat example does it: a hub
// for each room, a queue and two goroutines for each connection.
//
//	peers gorilla|coder PING_S [CERTIFICATE KEY]
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

type connection interface {
	read() ([]byte, error)
	// Writes the message, and those that wait in the queue if the library's example combines them.
	write(message []byte, queue chan []byte) error
	ping() error
	close()
}

type client struct {
	connection
	queue chan []byte
}

type room struct {
	sync.Mutex
	clients map[*client]bool
}

var (
	roomsMutex sync.Mutex
	rooms      = map[string]*room{}
	pingPeriod time.Duration
)

func enter(name string, c *client) *room {
	roomsMutex.Lock()
	defer roomsMutex.Unlock()
	r := rooms[name]
	if r == nil {
		r = &room{clients: map[*client]bool{}}
		rooms[name] = r
	}
	r.Lock()
	r.clients[c] = true
	r.Unlock()
	return r
}

func leave(name string, r *room, c *client) {
	roomsMutex.Lock()
	defer roomsMutex.Unlock()
	r.Lock()
	delete(r.clients, c)
	if len(r.clients) == 0 {
		delete(rooms, name)
	}
	r.Unlock()
}

func (r *room) broadcast(from *client, message []byte) {
	r.Lock()
	defer r.Unlock()
	for c := range r.clients {
		if c != from {
			select {
			case c.queue <- message:
			default:
				c.close()
			}
		}
	}
}

func (c *client) writeAll(done chan bool) {
	ticker := time.NewTicker(pingPeriod)
	defer ticker.Stop()
	for {
		var err error
		select {
		case message := <-c.queue:
			err = c.write(message, c.queue)
		case <-ticker.C:
			err = c.ping()
		case <-done:
			return
		}
		if err != nil {
			c.close()
			return
		}
	}
}

func serve(name string, conn connection) {
	c := &client{conn, make(chan []byte, 256)}
	done := make(chan bool)
	r := enter(name, c)
	go c.writeAll(done)
	for {
		message, err := c.read()
		if err != nil {
			break
		}
		r.broadcast(c, message)
	}
	leave(name, r, c)
	close(done)
	c.close()
}

type gorillaConn struct{ *gorilla.Conn }

func (c gorillaConn) read() ([]byte, error) {
	_, message, err := c.ReadMessage()
	return message, err
}

func (c gorillaConn) write(message []byte, queue chan []byte) error {
	w, err := c.NextWriter(gorilla.TextMessage)
	if err != nil {
		return err
	}
	w.Write(message)
	for n := len(queue); n > 0; n-- {
		w.Write([]byte{'\n'})
		w.Write(<-queue)
	}
	return w.Close()
}

func (c gorillaConn) ping() error { return c.WriteMessage(gorilla.PingMessage, nil) }
func (c gorillaConn) close()      { c.Conn.Close() }

type coderConn struct{ *coder.Conn }

func (c coderConn) read() ([]byte, error) {
	_, message, err := c.Read(context.Background())
	return message, err
}

func (c coderConn) write(message []byte, _ chan []byte) error {
	return c.Write(context.Background(), coder.MessageText, message)
}

func (c coderConn) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), pingPeriod)
	defer cancel()
	return c.Ping(ctx)
}

func (c coderConn) close() { c.CloseNow() }

func main() {
	seconds, _ := strconv.Atoi(os.Args[2])
	pingPeriod = time.Duration(seconds) * time.Second
	// A message that exceeds the buffer would be sent in fragments.
	upgrader := gorilla.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 64 * 1024, WriteBufferPool: &sync.Pool{}}
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("room")
		if os.Args[1] == "gorilla" {
			if c, err := upgrader.Upgrade(w, r, nil); err == nil {
				serve(name, gorillaConn{c})
			}
		} else if c, err := coder.Accept(w, r, nil); err == nil {
			serve(name, coderConn{c})
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready %d\n", listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{ErrorLog: log.New(nowhere{}, "", 0)}
	if len(os.Args) > 3 {
		log.Fatal(server.ServeTLS(listener, os.Args[3], os.Args[4]))
	}
	log.Fatal(server.Serve(listener))
}

// Clients that reset their connections are no news.
type nowhere struct{}

func (nowhere) Write(text []byte) (int, error) { return len(text), nil }
