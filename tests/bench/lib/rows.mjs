// SPDX-License-Identifier: Apache-2.0
// From samples to the rows of the table, with their targets.

const kCallsPerSecond = { 400: 500, 2000: 2500 }; // what a delay of 0.8 s leaves possible

const round = (number) => Math.round(number).toLocaleString('en');

export function watchedRowOf(samples, median) {
  const ratio = median(samples.map((sample) => sample.with.rate / sample.without.rate));
  const own = (pick) => median(samples.map((sample) => pick(sample).own));
  return {
    what: `known tokens, ${samples[0].what} on against off`,
    target: '>= 0.97',
    reached: `${ratio.toFixed(3)} (${own((sample) => sample.with).toFixed(1)} µs of the program's ` +
      `a request, ${own((sample) => sample.without).toFixed(1)} without)`,
    good: ratio >= 0.97,
  };
}

export function redisRowOf(samples, median) {
  const ratio = median(samples.map(({ far, near }) => far / near));
  const rate = (name) => round(median(samples.map((sample) => sample[name])));
  const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
  return {
    what: `new tokens/s, Redis ${samples[0].milliseconds} ms away against the store of the machine`,
    target: '>= 0.9, no error',
    reached: `${ratio.toFixed(2)} (${rate('far')}/s of ${rate('near')}/s), ${errors} errors`,
    good: ratio >= 0.9 && errors === 0,
  };
}

export function rowsOf(samples, median) {
  const of = (name, pick) => median(samples[name].map(pick));
  const most = (name, pick) => Math.max(...samples[name].map(pick));
  const errors = (name) => samples[name].reduce((sum, sample) => sum + sample.errors, 0);

  const share = (name, callers, protocol, least) => {
    const reached = of(name, (sample) => sample.share);
    return {
      what: `${round(callers)} callers, new tokens, issuer 0.8 s, ${protocol}: ` +
        `of ${round(kCallsPerSecond[callers])} requests/s`,
      target: `>= ${least}, no error`,
      reached: `${reached.toFixed(3)} (${round(of(name, (sample) => sample.rate))}/s), ` +
        `${errors(name)} errors`,
      good: reached >= least && errors(name) === 0,
    };
  };

  const latency = (what, pick) => {
    const idle = of('latencies', (sample) => sample.idle);
    const reached = of('latencies', pick);
    return {
      what: `p99 of a known token while ${what}, against idle`,
      target: '<= 3 times, or < 10 ms',
      reached: `${reached.toFixed(2)} ms (idle ${idle.toFixed(2)} ms)`,
      good: reached <= 3 * idle || reached < 10,
    };
  };

  const sixteen = (name, protocol, most16) => {
    const connections = most(name, (sample) => sample.connections);
    const assertions = most(name, (sample) => sample.assertions);
    const asked = Math.min(...samples[name].map((sample) => sample.introspections));
    return {
      what: `10,000 introspections by 16 callers, ${protocol}: connections; assertions`,
      target: `<= ${most16}; 1`,
      reached: `${connections}; ${assertions} (${round(asked)} asked)`,
      good: asked >= 9900 && connections <= most16 && assertions === 1 && errors(name) === 0,
    };
  };

  const floor = of('known', ({ floor: { rate } }) => rate);
  const known = of('known', ({ known: { rate } }) => rate);
  const ratio = of('known', (sample) => sample.known.rate / sample.floor.rate);
  const oneToken = most('oneToken', (sample) => sample.introspections);
  const connections400 = most('new400http1', (sample) => sample.connections);
  const added = of('added', (sample) => sample.added);
  const resident = of('memory', (sample) => sample.resident);
  const first = median(samples.firstAnswer);
  const [alone] = samples.issuerAlone;

  const authorize = samples.authorize[0].map(({ what }, i) => {
    const worked = of('authorize', (cases) => cases[i].worked);
    const elapsed = of('authorize', (cases) => cases[i].elapsed);
    return {
      what: `authorize, cached, 2 threads, ${what}`,
      target: '<= 1,000 ns',
      reached: `${round(worked)} ns (${round(elapsed)} elapsed)`,
      good: worked <= 1000,
    };
  });

  const pauses = samples.ioPauses[0].map(({ what }, i) => {
    const [worked, elapsed] = ['worked', 'elapsed'].map((kind) => of('ioPauses', (all) => all[i][kind]));
    return {
      what: `the I/O thread's longest pause, answers with ${what}`,
      target: '< 5 ms',
      reached: `${worked.toFixed(2)} ms (${elapsed.toFixed(2)} elapsed)`,
      good: worked < 5,
    };
  });

  // Seconds of the program's processor time for 1,000 requests.
  const perThousand = (name) => of('known', (sample) => sample[name].own / 1e3);
  const work = ['work1', 'work2'].map((name) => of(name, (sample) => sample.work));
  const newTokens = {
    what: 'processor seconds of the program for 1,000 new tokens, issuer at once: HTTP/1.1; HTTP/2',
    target: '<= 0.25',
    reached: `${work.map((each) => each.toFixed(3)).join('; ')} (known tokens ` +
      `${perThousand('known').toFixed(3)}, the floor ${perThousand('floor').toFixed(3)})`,
    good: work[0] <= 0.25 && errors('work1') + errors('work2') === 0,
  };

  const plainCgi = (what, name) => {
    const reached = of('plainCgi', (sample) => sample[name] / sample.nothing);
    const [own, nothing] = [name, 'nothing'].map((each) =>
      (of('plainCgi', (sample) => sample[each]) / 1000).toFixed(2));
    return {
      what: `plain CGI, token in the shared cache, ${what}, against a program that does nothing`,
      target: '<= 1.5 times',
      reached: `${reached.toFixed(2)} (${own} ms of ${nothing} ms)`,
      good: reached <= 1.5,
    };
  };
  const sharedHit = median(samples.sharedHit);

  const rows = [
    { what: 'known token, /private, requests/s against the floor', target: '>= 0.95',
      reached: `${ratio.toFixed(3)} (${round(known)}/s of ${round(floor)}/s)`, good: ratio >= 0.95 },
    newTokens,
    ...pauses,
    share('new400http1', 400, 'HTTP/1.1', 0.95),
    share('new400http2', 400, 'HTTP/2', 0.95),
    share('new2000http2', 2000, 'HTTP/2', 0.85),
    latency('2,000 callers wait', (sample) => sample.busy),
    latency('the issuer hangs', (sample) => sample.hung),
    { what: '1,000 callers at once, one new token: introspections', target: '1',
      reached: `${oneToken}`, good: oneToken === 1 && errors('oneToken') === 0 },
    sixteen('sixteen1', 'HTTP/1.1', 16),
    sixteen('sixteen2', 'HTTP/2', 1),
    { what: 'the 400 callers: connections over HTTP/1.1', target: '<= 420',
      reached: `${connections400}`, good: connections400 <= 420 },
    { what: 'new token, issuer at once: added to the p50 of a bare POST', target: '<= 0.4 ms',
      reached: `${added.toFixed(3)} ms (bare: ${of('added', ({ bare }) => bare).toFixed(3)} ms)`,
      good: added <= 0.4 && errors('added') === 0 },
    { what: '100,000 cached tokens: memory of each', target: '<= 1,024 bytes',
      reached: `${round(resident)} resident, ` +
        `${round(of('memory', ({ allocated }) => allocated))} allocated`,
      good: resident <= 1024 },
    ...authorize,
    { what: 'process start to first answer (a new token)', target: '<= 30 ms',
      reached: `${first.toFixed(1)} ms`, good: first <= 30 },
    plainCgi('make', 'usual'),
    plainCgi('make portable', 'portable'),
    { what: 'authorize, learned by another process, above a cached one',
      target: '<= 30,000 ns',
      reached: `${round(sharedHit)} ns`, good: sharedHit <= 30_000 },
    { what: 'issuer alone, at once, requests/s: HTTP/1.1; HTTP/2',
      reached: `${round(alone.atOnce1)}; ${round(alone.atOnce2)}` },
    { what: 'issuer alone, 0.8 s, requests/s: 400 over HTTP/1.1; 2,000 over HTTP/2',
      reached: `${round(alone.slow1)}; ${round(alone.slow2)}` },
  ];
  const times = (name) => of('known', (sample) => sample[name].own).toFixed(1);
  const notes = [
    `Processor time of a request with a known token: the program ${times('known')} us, the floor ` +
      `${times('floor')} us, lighttpd in front of the program ` +
      `${of('known', (sample) => sample.known.lighttpd).toFixed(1)} us. One lighttpd process uses ` +
      'one core; load generator, issuer and program share the other.',
    'The times of authorize are what the processor worked on one call; the elapsed time is longer ' +
      'where the machine has other work.',
  ];
  return { rows, notes };
}

// A static file that a web server protects. samples: { name: { rate, errors, worked } } of each round.
export function guardRowsOf(samples, median) {
  const rate = (name) => median(samples.map((sample) => sample[name].rate));
  const errors = (name) => samples.reduce((sum, sample) => sum + sample[name].errors, 0);
  const worked = (name) => round(median(samples.map((sample) => sample[name].worked)));
  const reached = (name) =>
    `${round(rate(name))}/s, ${worked(name)} us of processor, ${errors(name)} errors`;
  const others = {
    lighttpdWorkers: 'lighttpd authorizer, two workers',
    modOauth2: 'Apache mod_oauth2, cache warm',
    nginx: 'nginx auth_request',
    authnzFcgi: 'Apache mod_authnz_fcgi',
    authnzFcgiFloor: 'Apache mod_authnz_fcgi, a program that looks at nothing',
    accessChecker: 'Apache FcgidAccessChecker',
    accessCheckerFloor: 'Apache FcgidAccessChecker, a program that looks at nothing',
    lighttpdAlone: 'lighttpd, not protected',
    apacheAlone: 'Apache, not protected',
  };
  const ratio = median(samples.map(({ lighttpd, modOauth2 }) => lighttpd.rate / modOauth2.rate));
  const endpoint = median(samples.map((each) => each.endpoint.rate / each.endpointModOauth2.rate));
  return [
    { what: 'endpoint behind Apache, known token, proxy_fcgi.conf against mod_oauth2 before the same',
      target: '>= 1.2', reached: `${endpoint.toFixed(2)} (${reached('endpoint')})`,
      good: endpoint >= 1.2 }, // some errors are Apache's, which closes kept connections, unprotected too
    { what: '  the same endpoint, Apache mod_oauth2 before it', reached: reached('endpointModOauth2') },
    { what: 'static file, known token, lighttpd authorizer against Apache mod_oauth2',
      target: '>= 1.5', reached: `${ratio.toFixed(2)} (${reached('lighttpd')})`,
      good: ratio >= 1.5 && errors('lighttpd') === 0 },
    ...Object.entries(others).map(([name, what]) =>
      ({ what: `  the same file, ${what}`, reached: reached(name) })),
  ];
}
