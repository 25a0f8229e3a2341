/*
 * What io_uring would save a fan-out: one message to each of 1,000 TCP connections over loopback,
 * again and again, by one send(2) each or by batches of sends in one io_uring_enter(2). A second
 * thread reads. A round begins when everybody has read the last one. See decision 0023.
 *
 *   cc -O2 -o sends sends.c -lpthread && ulimit -n 4096 && ./sends 0 && ./sends 64 && ./sends 1000
 *
 * The argument is the number of sends in a batch; 0 stands for send(2). Linux 6.1 or newer.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 1000
#define SECONDS 8
/* A push of one record of 512 bytes, as a subscriber gets it. */
#define LENGTH 660

static int writers[CONNECTIONS];
static int readers[CONNECTIONS];
static char message[LENGTH];
static long bytes_read;
static int ended;

struct ring {
  int fd;
  unsigned *tail, *mask, *array, *completed, *completions, *completion_mask;
  struct io_uring_sqe *entries;
  struct io_uring_cqe *results;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void connect_all(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int on = 1;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (void *)&address, length) || listen(listener, 1024)) fail("listen");
  getsockname(listener, (void *)&address, &length);
  for (int i = 0; i < CONNECTIONS; i++) {
    readers[i] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(readers[i], (void *)&address, length)) fail("connect");
    writers[i] = accept(listener, NULL, NULL);
    if (writers[i] < 0) fail("accept");
    setsockopt(writers[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
}

static void *read_all(void *unused) {
  static char buffer[65536];
  struct epoll_event ready[256];
  int poll = epoll_create1(0);
  for (int i = 0; i < CONNECTIONS; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = readers[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, readers[i], &event);
  }
  while (!__atomic_load_n(&ended, __ATOMIC_RELAXED)) {
    int count = epoll_wait(poll, ready, 256, 100);
    for (int i = 0; i < count; i++) {
      long length = read(ready[i].data.fd, buffer, sizeof buffer);
      if (length > 0) __atomic_add_fetch(&bytes_read, length, __ATOMIC_RELAXED);
    }
  }
  return unused;
}

static struct ring open_ring(void) {
  struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
  struct ring ring = {.fd = syscall(__NR_io_uring_setup, 1024, &p)};
  if (ring.fd < 0) fail("io_uring_setup");
  size_t submissions = p.sq_off.array + p.sq_entries * sizeof(unsigned);
  size_t completions = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
  size_t length = submissions > completions ? submissions : completions;
  char *queue = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
  ring.entries = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
                      MAP_SHARED, ring.fd, IORING_OFF_SQES);
  if (queue == MAP_FAILED || ring.entries == MAP_FAILED) fail("mmap");
  ring.tail = (void *)(queue + p.sq_off.tail);
  ring.mask = (void *)(queue + p.sq_off.ring_mask);
  ring.array = (void *)(queue + p.sq_off.array);
  ring.completed = (void *)(queue + p.cq_off.head);
  ring.completions = (void *)(queue + p.cq_off.tail);
  ring.completion_mask = (void *)(queue + p.cq_off.ring_mask);
  ring.results = (void *)(queue + p.cq_off.cqes);
  if (syscall(__NR_io_uring_register, ring.fd, IORING_REGISTER_FILES, writers, CONNECTIONS)) {
    fail("IORING_REGISTER_FILES");
  }
  return ring;
}

static void send_batch(struct ring *ring, int from, int count) {
  unsigned tail = *ring->tail;
  for (int i = 0; i < count; i++) {
    unsigned place = (tail + i) & *ring->mask;
    ring->entries[place] = (struct io_uring_sqe){.opcode = IORING_OP_SEND,
                                                 .fd = from + i,
                                                 .flags = IOSQE_FIXED_FILE,
                                                 .addr = (unsigned long)message,
                                                 .len = LENGTH,
                                                 .msg_flags = MSG_NOSIGNAL};
    ring->array[place] = place;
  }
  __atomic_store_n(ring->tail, tail + count, __ATOMIC_RELEASE);
  if (syscall(__NR_io_uring_enter, ring->fd, count, count, IORING_ENTER_GETEVENTS, NULL, 0) !=
      count) {
    fail("io_uring_enter");
  }
  unsigned head = *ring->completed;
  unsigned end = __atomic_load_n(ring->completions, __ATOMIC_ACQUIRE);
  if (end - head != (unsigned)count) fail("completions");
  for (; head != end; head++) {
    if (ring->results[head & *ring->completion_mask].res != LENGTH) fail("a short send");
  }
  __atomic_store_n(ring->completed, head, __ATOMIC_RELEASE);
}

int main(int count, char **arguments) {
  int batch = count > 1 ? atoi(arguments[1]) : 0;
  if (batch < 0 || batch > CONNECTIONS) fail("a batch has at most 1,000 sends");
  connect_all();
  struct ring ring = {0};
  if (batch > 0) ring = open_ring();
  pthread_t reader;
  pthread_create(&reader, NULL, read_all, NULL);
  double start = seconds(CLOCK_MONOTONIC);
  double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
  long rounds = 0;
  while (seconds(CLOCK_MONOTONIC) - start < SECONDS) {
    for (int i = 0; batch == 0 && i < CONNECTIONS; i++) {
      if (send(writers[i], message, LENGTH, MSG_NOSIGNAL) != LENGTH) fail("send");
    }
    for (int i = 0; batch > 0 && i < CONNECTIONS; i += batch) {
      send_batch(&ring, i, i + batch <= CONNECTIONS ? batch : CONNECTIONS - i);
    }
    rounds++;
    while (__atomic_load_n(&bytes_read, __ATOMIC_RELAXED) < rounds * CONNECTIONS * LENGTH) {
      usleep(50);
    }
  }
  double sends = (double)rounds * CONNECTIONS;
  printf("%4d sends in a batch: %.0f sends/s, %.2f us of the writer's CPU time each\n", batch,
         sends / (seconds(CLOCK_MONOTONIC) - start),
         (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1e6 / sends);
  __atomic_store_n(&ended, 1, __ATOMIC_RELAXED);
  pthread_join(reader, NULL);
  return 0;
}
