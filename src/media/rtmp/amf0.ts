// AMF0, the values of RTMP commands. Source: "Action Message Format -- AMF 0", Adobe 2007. References, movie clips and
// typed AMF3 values are refused: no publisher sends them. Depth and number of values are bounded.

import { AMF_DEPTH_MAX, AMF_VALUES_MAX } from './limits.ts';
import { RtmpError } from './rtmp-error.ts';

export type AmfValue =
  | number
  | boolean
  | string
  | null
  | readonly AmfValue[]
  | { readonly [key: string]: AmfValue };

const MARKER = {
  number: 0,
  boolean: 1,
  string: 2,
  object: 3,
  null: 5,
  undefined: 6,
  map: 8,
  end: 9,
  array: 10,
  date: 11,
  longString: 12,
} as const;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Reads all values of a message.
 * @throws RtmpError
 */
export function decodeAmf(bytes: Uint8Array): AmfValue[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let count = 0;

  function take(length: number): number {
    const start = at;
    if (start + length > bytes.length) throw new RtmpError('malformed', 'an AMF value ends too early');
    at += length;
    return start;
  }
  function text(length: number): string {
    const start = take(length);
    return decoder.decode(bytes.subarray(start, start + length));
  }
  function properties(depth: number): AmfValue {
    // Without a prototype, so that a key such as __proto__ is a key and nothing else.
    const object: Record<string, AmfValue> = Object.create(null);
    for (;;) {
      const length = view.getUint16(take(2));
      if (length === 0 && bytes[at] === MARKER.end) {
        at += 1;
        return object;
      }
      const key = text(length);
      object[key] = value(depth + 1);
    }
  }
  function array(depth: number): AmfValue[] {
    const length = view.getUint32(take(4));
    if (length > AMF_VALUES_MAX) throw new RtmpError('too-large', `an AMF array of ${length} values`);
    return Array.from({ length }, () => value(depth + 1));
  }
  function value(depth: number): AmfValue {
    count += 1;
    if (depth > AMF_DEPTH_MAX) throw new RtmpError('too-large', 'AMF values are nested too deep');
    if (count > AMF_VALUES_MAX) throw new RtmpError('too-large', `more than ${AMF_VALUES_MAX} AMF values`);
    const marker = view.getUint8(take(1));
    switch (marker) {
      case MARKER.number:
        return view.getFloat64(take(8));
      case MARKER.boolean:
        return view.getUint8(take(1)) !== 0;
      case MARKER.string:
        return text(view.getUint16(take(2)));
      case MARKER.object:
        return properties(depth);
      case MARKER.null:
      case MARKER.undefined:
        return null;
      case MARKER.map:
        take(4);
        return properties(depth);
      case MARKER.array:
        return array(depth);
      case MARKER.date:
        return view.getFloat64(take(10));
      case MARKER.longString:
        return text(view.getUint32(take(4)));
      default:
        throw new RtmpError('unsupported', `AMF values of type ${marker} are not understood`);
    }
  }

  const values: AmfValue[] = [];
  while (at < bytes.length) values.push(value(0));
  return values;
}

/** Writes values one after another; what we send is short, so strings are. */
export function encodeAmf(values: readonly AmfValue[]): Uint8Array {
  const bytes: number[] = [];
  const u16 = (number: number): void => void bytes.push((number >> 8) & 255, number & 255);
  function text(string: string): void {
    const encoded = encoder.encode(string).subarray(0, 0xffff);
    u16(encoded.length);
    bytes.push(...encoded);
  }
  function number(value: number): void {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    bytes.push(...new Uint8Array(view.buffer));
  }
  function write(value: AmfValue): void {
    if (typeof value === 'number') {
      bytes.push(MARKER.number);
      number(value);
    } else if (typeof value === 'boolean') bytes.push(MARKER.boolean, value ? 1 : 0);
    else if (typeof value === 'string') {
      bytes.push(MARKER.string);
      text(value);
    } else if (value === null) bytes.push(MARKER.null);
    else if (isList(value)) {
      bytes.push(MARKER.array, 0, 0);
      u16(value.length);
      for (const item of value) write(item);
    } else {
      bytes.push(MARKER.object);
      for (const [key, item] of Object.entries(value)) {
        text(key);
        write(item);
      }
      bytes.push(0, 0, MARKER.end);
    }
  }
  for (const value of values) write(value);
  return Uint8Array.from(bytes);
}

function isList(value: object): value is readonly AmfValue[] {
  return Array.isArray(value);
}
