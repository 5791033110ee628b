// How loud the microphone is, as a bar that moves with it. It is drawn without React, sixty times a second.

import { useEffect, useRef } from 'react';

/** Softer is silence to the eye. */
const FLOOR_DB = -60;
/** Louder is near distortion. */
const HOT_DB = -6;
/** How much of its height the bar loses with each picture. */
const FALL = 0.02;

interface LevelMeterProps {
  /** Undefined or without sound: an empty bar. */
  readonly stream: MediaStream | undefined;
}

/** The bar. */
export function LevelMeter({ stream }: LevelMeterProps) {
  const bar = useRef<HTMLSpanElement>(null);
  const meter = useRef<HTMLMeterElement>(null);
  const hasSound = stream !== undefined && stream.getAudioTracks().length > 0;
  useEffect(() => {
    if (stream === undefined || stream.getAudioTracks().length === 0) return;
    return follow(stream, (share, decibels) => {
      bar.current?.style.setProperty('transform', `scaleX(${share})`);
      bar.current?.classList.toggle('is-hot', decibels > HOT_DB);
      if (meter.current !== null) meter.current.value = Math.round(decibels);
    });
  }, [stream]);
  return (
    <div className="level">
      <span className="soft small">Sound</span>
      <meter
        ref={meter}
        className="visually-hidden"
        aria-label="Sound level, decibels"
        min={FLOOR_DB}
        max={0}
        value={FLOOR_DB}
      />
      <div className="level-track" aria-hidden="true">
        <span ref={bar} className="level-bar" />
      </div>
      {stream !== undefined && !hasSound && <span className="faint small nowrap">No sound is sent</span>}
    </div>
  );
}

/** Measures until the returned function is called. */
function follow(stream: MediaStream, show: (share: number, decibels: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1_024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  let frame = 0;
  const draw = (): void => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    const decibels = Math.max(FLOOR_DB, 10 * Math.log10(power + 1e-9));
    shown = Math.max(1 - decibels / FLOOR_DB, shown - FALL, 0);
    show(shown, decibels);
    frame = requestAnimationFrame(draw);
  };
  draw();
  return () => {
    cancelAnimationFrame(frame);
    show(0, FLOOR_DB);
    context.close().catch(() => undefined);
  };
}
