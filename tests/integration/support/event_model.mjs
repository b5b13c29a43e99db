// SPDX-License-Identifier: Apache-2.0
// A model of what events end: who may still be let in, and why ZITADEL may be asked about a token that is
// known. All times are Date.now()'s.
import { createHash } from 'node:crypto';

const kWithin = 2000; // milliseconds from an event to its last 200, while the feed is up
const kUnfed = 30_000; // the same, where it is not
const kUnfedRefresh = 4000; // so long after the feed was cut answers are asked about again, ahead
const kRefreshed = 269_000; // so old an answer is asked about again, ahead of its end at 300 s
const kReread = 10_000; // whoever takes over ends what happened so short a time before once more
const kAgain = 3000 + 1000; // what ZITADEL tells from projections ends once more; until the next poll
const kLags = 4; // turns at a process of this machine, from an event to its last 200
const kWitness = 1000; // a witness is asked so soon after the doubt
const kWitnesses = 2; // of one doubt

const hashOf = (token) => createHash('sha256').update(token).digest('hex');

// Those from ten seconds before `time` until so many milliseconds after it, in milliseconds from it.
const around = (times, time, until) => times.map((each) => each - time).filter((each) => each > -10_000 && each < until);

export class EventModel {
  #tokens = new Map(); // text → what is known of it
  #ofAll = []; // events that end everything
  #cuts = []; // when the feed need not be up: { begin, end }
  #lag;

  // lag: a MachineLag.
  constructor(tokens, lag) {
    this.#lag = lag;
    for (const token of tokens) {
      this.#tokens.set(token.access_token, { ...token, chain: token.jti.split('-')[0], ended: [], let: [] });
    }
  }

  get tokens() {
    return [...this.#tokens.values()];
  }

  // An event that ends these tokens, or all; revokes: for good. It is found `late` milliseconds later. To be
  // called before it is written; gives what is to be called when it is.
  event(tokens, { late = 0, revokes = false } = {}) {
    const event = { begin: Date.now(), end: Infinity };
    if (tokens === undefined) this.#ofAll.push(event);
    else for (const token of tokens) token.ended.push(event);
    if (revokes) tokens[0].revoked = event;
    return () => { event.end = Date.now() + late; };
  }

  // The feed need not be up from now on; gives what is to be called when it may be so again, so many
  // milliseconds later.
  cut() {
    const cut = { begin: Date.now(), end: Infinity };
    this.#cuts.push(cut);
    return (later) => { cut.end = Date.now() + later; };
  }

  // What a caller was answered that asked then. Throws where it can never be right.
  answered(text, asked, status) {
    const token = this.#tokens.get(text);
    if (status === 200) {
      token.let.push({ asked, answered: Date.now() });
    } else if (status === 401 && token.revoked === undefined) {
      throw new Error('a good token was refused');
    }
  }

  // Until when a token may be let in by what was known before the event.
  #limitOf(event) {
    let limit = event.end + kWithin;
    for (const { begin, end } of this.#cuts) {
      if (begin <= limit && end + kWithin > limit) limit = Math.min(end + kWithin, event.end + kUnfed);
    }
    limit = Math.max(limit, event.end + kWithin);
    return limit + kLags * this.#lag.between(event.begin, limit);
  }

  // questions: the issuer's. To be called at the end.
  take(questions) {
    const byHash = new Map(this.tokens.map((token) => [hashOf(token.access_token), token]));
    for (const token of this.tokens) {
      token.questions = [];
      token.ended.push(...this.#ofAll);
      token.let.sort((one, other) => one.asked - other.asked);
    }
    for (const { token, time } of questions) byHash.get(token)?.questions.push(time);
  }

  // How late tokens were let in, in milliseconds after their events, where the model does not allow it: after
  // its limit an answer must be to a question that was asked after the event, and none is good of a revoked one.
  tooLate() {
    return this.tokens.flatMap((token) => token.ended.flatMap((event) => {
      const limit = this.#limitOf(event);
      const wrong = token.let.find(({ asked, answered }) => asked > limit
        && (event === token.revoked || !token.questions.some((time) => time >= event.begin && time <= answered)));
      // What was near, in milliseconds from the event, is for who has to find the cause.
      const near = (times) => around(times, event.begin, 60_000);
      return wrong ? [{
        late: wrong.asked - event.end, found: event.end - event.begin, limit: limit - event.begin,
        revokes: event === token.revoked, ofAll: this.#ofAll.includes(event), jti: token.jti, at: event.begin,
        let: near(token.let.map(({ asked }) => asked)).filter((time) => time > limit - event.begin),
        questions: near(token.questions), ended: near(token.ended.map(({ begin }) => begin)),
        cuts: this.#cuts.map(({ begin, end }) => [begin - event.begin, end - event.begin]),
      }] : [];
    }));
  }

  // The questions about known tokens that nothing explains: no event of that token, and no time without a feed,
  // since the question before, and no great age of its answer. A witness is asked about where a revoked token was.
  unexplained() {
    const doubts = this.tokens.filter(({ revoked }) => revoked).flatMap(({ revoked, questions }) =>
      questions.filter((time) => time >= revoked.begin).map((time) => ({ time, left: kWitnesses })));
    const isWitness = (time) => {
      const slack = kWitness + kLags * this.#lag.between(time - kWitness, time);
      const doubt = doubts.find((one) => one.left > 0 && one.time <= time && one.time >= time - slack);
      if (doubt) doubt.left -= 1;
      return doubt !== undefined;
    };
    const cuts = this.#cuts.map(({ begin, end }) => ({ begin: begin + kUnfedRefresh, end: end + kAgain }));
    return this.tokens.flatMap((token) => {
      // Several processes may have learned it at once.
      const first = token.let[0]?.answered ?? Infinity;
      const lastReading = ({ begin, end }) => this.#cuts.filter((cut) => begin <= cut.end && end >= cut.begin - kReread)
        .reduce((last, cut) => Math.max(last, cut.end), this.#limitOf({ begin, end }));
      const learned = { begin: 0, end: first + kLags * this.#lag.between(first - kWitness, first + kWitness) };
      const causes = [learned, ...cuts.filter(({ begin, end }) => begin < end),
        ...token.ended.map((event) => ({ begin: event.begin, end: lastReading(event) + kAgain }))];
      const isExplained = (time, before) => time - before >= kRefreshed || causes.some(({ begin, end }) => begin <= time && end >= before);
      // What happened before it, in milliseconds, is for who has to find the cause.
      const near = (times, time) => around(times, time, 1000);
      return token.questions.filter((time, n) =>
        !isExplained(time, token.questions[n - 1] ?? 0) && !isWitness(time)).map((time) => ({
        time, first: first - time, questions: near(token.questions, time),
        let: near(token.let.map(({ asked }) => asked), time).filter((each) => each < 0).slice(-5),
        ended: near(token.ended.map(({ begin }) => begin), time), cuts: near(this.#cuts.map(({ begin }) => begin), time),
        refused: near(doubts.map((each) => each.time), time), revoked: (token.revoked?.begin ?? NaN) - time,
      }));
    });
  }
}
