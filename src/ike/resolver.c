/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/log.h"
#include "ctl/sock.h"
#include "ike/run_file.h"

#define NETS_MAX   16
#define JOBS_MAX   32
#define ARGS_MAX   (4 + IKE_NET_DNS + IKE_NET_DOMAINS)
#define ARG_ROOM   256
#define INPUT_MAX  4096 /* less than a pipe holds */
#define LOOK_MS	   50	/* between looks for the interface */
#define LOOKS_MAX  60
#define PATIENCE_S 10 /* with a program */
#define END_MS	   2000
#define PREFIX	   "ike.dns."

/* A program to be run. */
struct job {
	size_t n_arg;
	char arg[ARGS_MAX][ARG_ROOM];
	char input[INPUT_MAX];
};

/* What one peer has set, or is to set when its interface is found. */
struct entry {
	struct ike_net net;   /* n_dns 0: free */
	char iface[IFNAMSIZ]; /* "": not found yet */
	unsigned looks;
};

struct resolver {
	struct event_base *base;
	struct event *look, *patience, *reap;
	struct entry v[NETS_MAX];
	struct job *job[JOBS_MAX]; /* the first one may be running */
	size_t n_job;
	pid_t pid;	/* of the one that runs; 0: none */
	char path[108]; /* where the interfaces are noted; "": nowhere */
};

/* --- running programs, one after the other */

static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
					   "LC_ALL=C", NULL };

/* Standard input is a pipe that holds all of the input already. */
static int open_input(const char *text)
{
	const size_t len = strlen(text);
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	if (write(fd[1], text, len) != (ssize_t)len) {
		close(fd[0]);
		fd[0] = -1;
	}
	close(fd[1]);
	return fd[0];
}

static int spawn(const struct job *j, int input, pid_t *pid)
{
	char *argv[ARGS_MAX + 1] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int err;

	for (size_t i = 0; i < j->n_arg; i++)
		argv[i] = (char *)(uintptr_t)j->arg[i];
	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&files))
		return ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn(pid, j->arg[0], &files, &attr, argv,
			  (char *const *)(uintptr_t)environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return err;
}

static void drop_first(struct resolver *r)
{
	free(r->job[0]);
	r->n_job--;
	memmove(r->job, r->job + 1, r->n_job * sizeof(r->job[0]));
}

static void run_next(struct resolver *r)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	while (!r->pid && r->n_job) {
		const struct job *j = r->job[0];
		const int input = open_input(j->input);
		int err = input < 0 ? errno : spawn(j, input, &r->pid);

		if (input >= 0)
			close(input);
		if (!err) {
			event_add(r->patience, &patience);
			return;
		}
		r->pid = 0;
		log_warn(ike, "%s cannot be run: %s", j->arg[0], strerror(err));
		drop_first(r);
	}
}

/* Return: whether the one that ran has ended. */
static bool reap(struct resolver *r)
{
	int status;

	if (!r->pid || waitpid(r->pid, &status, WNOHANG) != r->pid)
		return false;
	r->pid = 0;
	event_del(r->patience);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		log_warn(ike,
			 "%s %s failed (status %d): the name servers of "
			 "the peer may not be in use",
			 r->job[0]->arg[0], r->job[0]->arg[1],
			 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	drop_first(r);
	return true;
}

static void on_child(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (reap(arg))
		run_next(arg);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;

	(void)fd;
	(void)what;
	if (r->pid)
		kill(r->pid, SIGKILL);
}

static struct job *new_job(const char *program)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j)
		snprintf(j->arg[j->n_arg++], ARG_ROOM, "%s", program);
	return j;
}

__attribute__((format(printf, 2, 3))) static void add_arg(struct job *j,
							  const char *fmt, ...)
{
	va_list ap;

	if (!j || j->n_arg == ARGS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(j->arg[j->n_arg++], ARG_ROOM, fmt, ap);
	va_end(ap);
}

static void queue(struct resolver *r, struct job *j)
{
	if (!j)
		return;
	if (r->n_job == JOBS_MAX) {
		log_warn(ike, "%s is not run: too much to do", j->arg[0]);
		free(j);
		return;
	}
	r->job[r->n_job++] = j;
	run_next(r);
}

/* --- resolvectl and resolvconf */

static const char resolvectl[] = "/usr/bin/resolvectl";

static const char *resolvconf(void)
{
	static const char *const where[] = { "/usr/local/sbin/resolvconf",
					     "/usr/sbin/resolvconf",
					     "/sbin/resolvconf" };

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		if (!access(where[i], X_OK))
			return where[i];
	return NULL;
}

static bool has_resolved(void)
{
	return !access("/run/systemd/resolve/io.systemd.Resolve", F_OK) &&
	       !access(resolvectl, X_OK);
}

/* Only names of those domains go to those servers; without any, all do. */
static void set_by_resolvectl(struct resolver *r, const struct entry *e)
{
	struct job *dns = new_job(resolvectl), *domain = new_job(resolvectl);

	add_arg(dns, "dns");
	add_arg(dns, "%s", e->iface);
	for (uint8_t i = 0; i < e->net.n_dns; i++)
		add_arg(dns, "%s", addr_text(&e->net.dns[i]).s);
	queue(r, dns);
	add_arg(domain, "domain");
	add_arg(domain, "%s", e->iface);
	for (uint8_t i = 0; i < e->net.n_domain; i++)
		add_arg(domain, "~%s", e->net.domain[i]);
	if (!e->net.n_domain)
		add_arg(domain, "~.");
	queue(r, domain);
}

static void set_by_resolvconf(struct resolver *r, const char *program,
			      const struct entry *e)
{
	struct job *j = new_job(program);
	size_t len = 0;

	if (!j)
		return;
	add_arg(j, "-a");
	add_arg(j, "%s.ike", e->iface);
	for (uint8_t i = 0; i < e->net.n_dns; i++)
		len += (size_t)snprintf(j->input + len, INPUT_MAX - len,
					"nameserver %s\n",
					addr_text(&e->net.dns[i]).s);
	for (uint8_t i = 0; i < e->net.n_domain; i++)
		len += (size_t)snprintf(j->input + len, INPUT_MAX - len, "%s%s",
					i ? " " : "search ", e->net.domain[i]);
	if (e->net.n_domain)
		snprintf(j->input + len, INPUT_MAX - len, "\n");
	queue(r, j);
}

static void say_by_hand(const struct entry *e)
{
	char text[IKE_NET_DNS * ADDR_TEXT_MAX] = "";
	size_t len = 0;

	for (uint8_t i = 0; i < e->net.n_dns; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s",
					addr_text(&e->net.dns[i]).s);
	log_info(ike,
		 "the peer assigns the name servers%s for %s: there is neither "
		 "systemd-resolved nor resolvconf to hand them to",
		 text, e->iface);
}

static void set(struct resolver *r, const struct entry *e)
{
	const char *program = resolvconf();

	if (has_resolved())
		set_by_resolvectl(r, e);
	else if (program)
		set_by_resolvconf(r, program, e);
	else
		say_by_hand(e);
}

static void take_back(struct resolver *r, const char *iface)
{
	const char *program = has_resolved() ? resolvectl : resolvconf();
	struct job *j = program ? new_job(program) : NULL;

	if (program == resolvectl) {
		add_arg(j, "revert");
		add_arg(j, "%s", iface);
	} else {
		add_arg(j, "-d");
		add_arg(j, "%s.ike", iface);
	}
	queue(r, j);
}

/* For the next of us, should this one be killed. */
static void note(const struct resolver *r)
{
	char text[NETS_MAX * (IFNAMSIZ + 1)] = "";
	size_t len = 0;

	if (!r->path[0])
		return;
	for (size_t i = 0; i < NETS_MAX; i++)
		if (r->v[i].iface[0])
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s\n", r->v[i].iface);
	if (!len)
		(void)unlink(r->path);
	else if (!run_file_replace(r->path, text))
		log_warn(ike, "%s: %s", r->path, strerror(errno));
}

static void unset(struct resolver *r, struct entry *e)
{
	const bool noted = e->net.n_dns && e->iface[0];

	if (noted)
		take_back(r, e->iface);
	*e = (struct entry){ 0 };
	if (noted)
		note(r);
}

/* --- the interface */

static bool find_iface(const struct missiu_addr *addr, char iface[IFNAMSIZ])
{
	struct ifaddrs *list, *i;
	struct missiu_addr a;
	uint16_t port;

	if (getifaddrs(&list))
		return false;
	for (i = list; i; i = i->ifa_next)
		if (i->ifa_addr && addr_from_sockaddr(i->ifa_addr, &a, &port) &&
		    addr_eq(&a, addr))
			break;
	if (i)
		snprintf(iface, IFNAMSIZ, "%s", i->ifa_name);
	freeifaddrs(list);
	return i;
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval again = { .tv_usec = LOOK_MS * 1000 };
	struct resolver *r = arg;
	bool wait = false;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < NETS_MAX; i++) {
		struct entry *e = &r->v[i];

		if (!e->net.n_dns || e->iface[0] || e->looks > LOOKS_MAX)
			continue;
		e->looks++;
		if (find_iface(&e->net.tap.addr[0], e->iface)) {
			note(r);
			set(r, e);
		} else if (e->looks > LOOKS_MAX)
			log_warn(ike,
				 "no interface got %s: its name servers "
				 "are left out",
				 addr_text(&e->net.tap.addr[0]).s);
		else
			wait = true;
	}
	if (wait)
		event_add(r->look, &again);
}

/* --- */

struct resolver *resolver_open(struct event_base *base)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->base = base;
	r->look = evtimer_new(base, on_look, r);
	r->patience = evtimer_new(base, on_patience, r);
	r->reap = evsignal_new(base, SIGCHLD, on_child, r);
	if (!r->look || !r->patience || !r->reap || event_add(r->reap, NULL)) {
		resolver_close(r);
		return NULL;
	}
	return r;
}

static bool is_iface(const char *name)
{
	return name[0] != '-' && strlen(name) < IFNAMSIZ && !strchr(name, '/');
}

void resolver_recover(struct resolver *r, const char *iface)
{
	char *text, *save = NULL;

	if (!ctl_path(r->path, sizeof(r->path), PREFIX, iface)) {
		r->path[0] = '\0';
		return;
	}
	text = run_file_read(r->path);
	for (char *name = text ? strtok_r(text, "\n", &save) : NULL; name;
	     name = strtok_r(NULL, "\n", &save)) {
		/* systemd-resolved has forgotten what has gone. */
		if (!is_iface(name) ||
		    (has_resolved() && !if_nametoindex(name)))
			continue;
		log_info(ike,
			 "an ike that was killed left name servers for %s: "
			 "taken back",
			 name);
		take_back(r, name);
	}
	free(text);
	(void)unlink(r->path);
}

static struct entry *place(struct resolver *r, const char *name)
{
	struct entry *empty = NULL;

	for (size_t i = NETS_MAX; i-- > 0;) {
		if (!r->v[i].net.n_dns)
			empty = &r->v[i];
		else if (!strcmp(r->v[i].net.tap.name, name))
			return &r->v[i];
	}
	return empty;
}

void resolver_set(struct resolver *r, const struct ike_net *net)
{
	struct entry *e = place(r, net->tap.name);

	if (!e)
		return;
	/* Other routes are none of our business. */
	if (e->net.n_dns == net->n_dns && e->net.n_domain == net->n_domain &&
	    !memcmp(e->net.dns, net->dns, sizeof(net->dns)) &&
	    !memcmp(e->net.domain, net->domain, sizeof(net->domain)))
		return;
	unset(r, e);
	if (!net->n_dns || !net->tap.n_addr)
		return;
	e->net = *net;
	event_active(r->look, EV_TIMEOUT, 0);
}

static void finish(struct resolver *r)
{
	for (int ms = 0; r->pid && ms < END_MS; ms += 5)
		if (reap(r))
			run_next(r);
		else
			poll(NULL, 0, 5);
}

void resolver_close(struct resolver *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < NETS_MAX && r->reap; i++)
		unset(r, &r->v[i]);
	if (r->reap)
		finish(r);
	while (r->n_job)
		drop_first(r);
	if (r->look)
		event_free(r->look);
	if (r->patience)
		event_free(r->patience);
	if (r->reap)
		event_free(r->reap);
	free(r);
}
