// The sound of a browser as both engines bring it to AAC: where it was, without holes, and again after a child has died.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { writeAudioConfig, writeAudioFrame } from '#media/flv/flv-packets.ts';
import { writeFlvHeader, writeFlvTag } from '#media/flv/flv-tags.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createOpusToAac, type OpusToAac } from '../../src/region/ingest/live/whip/opus-to-aac.ts';
import { runTool, temporaryDirectory } from '../encoder/support.ts';
import { engines, processesIn } from '../ffmpeg/support/engines.ts';
import { waitFor } from '../support/wait-for.ts';

const PACKET_MS = 20;
const START_MS = 10_000;
/** Silence, and from these times on 100 ms of a tone. */
const TONES_MS = [500, 1_500, 2_500];
/** An encoder of Opus looks ahead; what it decodes to is late by so much, here as in every receiver (RFC 7845, 4.2). */
const OPUS_DELAY_MS = 6.5;

/** Packets of three seconds of Opus, as a browser sends them. */
function opusPackets(directory: string): Uint8Array[] {
  const path = `${directory}/tones.ogg`;
  const tone = `0.5*sin(2*PI*1000*t)*(${TONES_MS.map((at) => `between(t,${at / 1_000},${at / 1_000 + 0.1})`).join('+')})`;
  runTool('ffmpeg', [
    ...['-y', '-f', 'lavfi', '-i', `aevalsrc='${tone}|${tone}':s=48000:d=3`],
    ...['-c:a', 'libopus', '-b:a', '64k', '-frame_duration', String(PACKET_MS), path],
  ]);
  const bytes = readFileSync(path);
  const packets: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lacing = bytes.subarray(at + 27, at + 27 + (bytes[at + 26] ?? 0));
    at += 27 + lacing.length;
    let length = 0;
    for (const part of lacing) {
      length += part;
      if (part === 255) continue;
      packets.push(Uint8Array.from(bytes.subarray(at, at + length)));
      at += length;
      length = 0;
    }
  }
  // Without the two headers.
  return packets.slice(2);
}

interface Sound {
  readonly way: OpusToAac;
  readonly units: FeedUnit[];
  readonly deaths: unknown[];
  readonly failures: string[];
  lastMs(): number;
}

function start(scope: TestContext, engine: Engine, directory: string): Sound {
  const units: FeedUnit[] = [];
  const deaths: unknown[] = [];
  const failures: string[] = [];
  const way = createOpusToAac({
    engine,
    workDirectory: directory,
    onUnit: (unit) => units.push(unit),
    onDeath: (error) => deaths.push(error),
    onFailure: (reason) => failures.push(reason),
  });
  scope.after(() => way.stop());
  const lastMs = (): number => {
    const last = units.at(-1);
    return last?.kind === 'audio' ? last.timestampMs : 0;
  };
  return { way, units, deaths, failures, lastMs };
}

/** When tones begin in what came out, by decoding it. */
function tonesOf(units: readonly FeedUnit[], directory: string): number[] {
  const tags = units.flatMap((unit) => {
    if (unit.kind === 'audio_config')
      return [writeFlvTag({ type: 'audio', timestampMs: 0, body: writeAudioConfig(unit.config) })];
    if (unit.kind !== 'audio') return [];
    return [writeFlvTag({ type: 'audio', timestampMs: unit.timestampMs, body: writeAudioFrame(unit.data) })];
  });
  writeFileSync(
    `${directory}/out.flv`,
    Buffer.concat([writeFlvHeader({ audio: true, video: false }), ...tags]),
  );
  runTool('ffmpeg', [
    ...[
      '-y',
      '-i',
      `${directory}/out.flv`,
      '-f',
      's16le',
      '-ac',
      '1',
      '-ar',
      '48000',
      `${directory}/out.pcm`,
    ],
  ]);
  const pcm = readFileSync(`${directory}/out.pcm`);
  const first = units.find((unit) => unit.kind === 'audio');
  assert.ok(first?.kind === 'audio');
  const tones: number[] = [];
  let quietSamples = 48_000;
  for (let sample = 0; sample * 2 + 1 < pcm.length; sample += 1) {
    const isLoud = Math.abs(pcm.readInt16LE(sample * 2)) > 3_000;
    if (isLoud && quietSamples > 4_800) tones.push(first.timestampMs + sample / 48);
    quietSamples = isLoud ? 0 : quietSamples + 1;
  }
  return tones;
}

for (const engine of await engines()) {
  test(`${engine.name}: sound is where it was, also behind packets that are missing`, async (scope) => {
    const directory = temporaryDirectory(scope);
    const packets = opusPackets(directory);
    const sound = start(scope, engine, directory);
    for (const [index, packet] of packets.entries()) {
      // Eleven packets between two tones are lost.
      if (index < 45 || index > 55) sound.way.push(packet, START_MS + index * PACKET_MS);
    }
    await waitFor('three seconds of sound', () => sound.lastMs() > START_MS + 2_850, 20_000);
    assert.deepEqual({ ...sound.way.counters }, { filled: 11, dropped: 0, encoders: 1 });
    const [config] = sound.units;
    assert.ok(config?.kind === 'audio_config');
    assert.deepEqual(config.format, { sampleRate: 48_000, channels: 2, codecs: 'mp4a.40.2' });
    const times = sound.units.flatMap((unit) => (unit.kind === 'audio' ? [unit.timestampMs] : []));
    for (const [index, time] of times.entries())
      assert.ok(Math.abs(time - (START_MS + ((index - 1) * 1_024) / 48)) < 1, `frame ${index} at ${time} ms`);
    const tones = tonesOf(sound.units, directory);
    assert.equal(tones.length, TONES_MS.length, tones.join(' '));
    for (const [index, tone] of tones.entries()) {
      const wanted = START_MS + (TONES_MS[index] ?? 0) + OPUS_DELAY_MS;
      assert.ok(Math.abs(tone - wanted) < 4, `a tone at ${tone} ms instead of ${wanted} ms`);
    }
  });

  test(`${engine.name}: a child that is killed is followed by another one, on the same times`, async (scope) => {
    const directory = temporaryDirectory(scope);
    const packets = opusPackets(directory);
    const sound = start(scope, engine, directory);
    const push = (from: number, to: number): void => {
      for (let index = from; index < to; index += 1)
        sound.way.push(packets[index] ?? new Uint8Array(), START_MS + index * PACKET_MS);
    };
    push(0, 50);
    await waitFor('a second of sound', () => sound.lastMs() > START_MS + 850, 20_000);
    for (const pid of processesIn(directory)) process.kill(pid, 'SIGKILL');
    await waitFor('its death', () => sound.deaths.length > 0);
    push(60, 150);
    await waitFor('three seconds of sound', () => sound.lastMs() > START_MS + 2_850, 20_000);
    assert.equal(sound.way.counters.encoders, 2);
    assert.deepEqual(sound.failures, []);
    const configs = sound.units.flatMap((unit) =>
      unit.kind === 'audio_config' ? [Buffer.from(unit.config).toString('hex')] : [],
    );
    assert.equal(new Set(configs).size, 1);
  });
}

test('children that die one after another are no way to go on', async (scope) => {
  const directory = temporaryDirectory(scope);
  const [engine] = await engines();
  assert.ok(engine);
  const sound = start(scope, engine, `${directory}/missing`);
  await waitFor('its failure', () => {
    sound.way.push(Uint8Array.of(0xfc, 0xff, 0xfe), START_MS);
    return sound.failures.length > 0;
  });
  assert.deepEqual(sound.failures, ['its sound cannot be brought to AAC']);
  assert.equal(sound.deaths.length, 3);
});
