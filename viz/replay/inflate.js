"use strict";
// Bytes out of a zlib stream: by the browser where it can, else by the few lines below (RFC 1950, 1951).

async function inflate(bytes, forceOwn) {
  if (!forceOwn && typeof DecompressionStream === "function") {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  return inflateOwn(bytes);
}

function bytesOfBase64(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

function inflateOwn(source) {
  let at = 2, hold = 0, held = 0, out = new Uint8Array(source.length * 6), n = 0;
  const bits = (count) => {
    while (held < count) { hold |= source[at++] << held; held += 8; }
    const value = hold & ((1 << count) - 1);
    hold >>>= count; held -= count;
    return value;
  };
  const room = (count) => {
    if (n + count <= out.length) return;
    const larger = new Uint8Array(Math.max(out.length * 2, n + count));
    larger.set(out); out = larger;
  };
  const code = (lengths) => {           // canonical Huffman: how many codes of each length, symbols in order
    const count = new Uint16Array(16), next = new Uint16Array(16), symbols = new Uint16Array(lengths.length);
    for (const length of lengths) count[length]++;
    count[0] = 0;
    for (let i = 1; i < 16; i++) next[i] = next[i - 1] + count[i - 1];
    lengths.forEach((length, symbol) => { if (length) symbols[next[length]++] = symbol; });
    return { count, symbols };
  };
  const decode = ({ count, symbols }) => {
    let value = 0, first = 0, index = 0;
    for (let length = 1; length < 16; length++) {
      value |= bits(1);
      if (value - first < count[length]) return symbols[index + value - first];
      index += count[length]; first = (first + count[length]) << 1; value <<= 1;
    }
    throw new Error("broken deflate stream");
  };
  const LENGTH = { from: [], extra: [] }, DISTANCE = { from: [], extra: [] };
  for (let i = 0, value = 3; i < 28; i++) {
    const more = i < 8 ? 0 : (i >> 2) - 1;
    LENGTH.from.push(value); LENGTH.extra.push(more); value += 1 << more;
  }
  LENGTH.from.push(258); LENGTH.extra.push(0);
  for (let i = 0, value = 1; i < 30; i++) {
    const more = i < 4 ? 0 : (i >> 1) - 1;
    DISTANCE.from.push(value); DISTANCE.extra.push(more); value += 1 << more;
  }
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  for (let last = 0; !last;) {
    last = bits(1);
    const type = bits(2);
    if (type === 0) {
      hold = 0; held = 0;
      const size = source[at] | (source[at + 1] << 8);
      at += 4; room(size);
      out.set(source.subarray(at, at + size), n);
      at += size; n += size;
      continue;
    }
    let literals, distances;
    if (type === 1) {
      const fixed = new Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
      literals = code(fixed); distances = code(new Array(30).fill(5));
    } else {
      const many = bits(5) + 257, far = bits(5) + 1, few = bits(4) + 4, small = new Array(19).fill(0);
      for (let i = 0; i < few; i++) small[ORDER[i]] = bits(3);
      const meta = code(small), lengths = [];
      while (lengths.length < many + far) {
        const symbol = decode(meta);
        if (symbol < 16) { lengths.push(symbol); continue; }
        const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
        let times = symbol === 16 ? 3 + bits(2) : symbol === 17 ? 3 + bits(3) : 11 + bits(7);
        while (times--) lengths.push(value);
      }
      literals = code(lengths.slice(0, many)); distances = code(lengths.slice(many));
    }
    for (;;) {
      const symbol = decode(literals);
      if (symbol === 256) break;
      if (symbol < 256) { room(1); out[n++] = symbol; continue; }
      const length = LENGTH.from[symbol - 257] + bits(LENGTH.extra[symbol - 257]);
      const which = decode(distances), back = DISTANCE.from[which] + bits(DISTANCE.extra[which]);
      room(length);
      for (let i = 0; i < length; i++, n++) out[n] = out[n - back];
    }
  }
  return out.subarray(0, n);
}

// Whole numbers out of byte planes: lowest plane first, zigzag, summed up where they are differences.
function unpack(bytes, table) {
  const arrays = {};
  for (const [name, { at, n, planes, delta }] of Object.entries(table)) {
    const values = new Int32Array(n);
    for (let i = 0, last = 0; i < n; i++) {
      let raw = 0;
      for (let plane = 0; plane < planes; plane++) raw += bytes[at + plane * n + i] * 2 ** (8 * plane);
      const step = raw % 2 ? -(raw + 1) / 2 : raw / 2;
      last = delta ? last + step : step;
      values[i] = last;
    }
    arrays[name] = values;
  }
  return arrays;
}
