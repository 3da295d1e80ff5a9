// A wallet that shares no code with us: @openid4vc/openid4vp reads and answers the request, @owf/mdoc makes what is
// shown. With `verify` the same package judges what our own test wallet made. JSON in on stdin, JSON out on stdout.
import crypto from "node:crypto";
import { Openid4vpClient } from "@openid4vc/openid4vp";
import {
  CoseKey, DeviceRequest, DeviceResponse, DocRequest, Holder, IssuerSigned, ItemsRequest, SessionTranscript, Verifier,
} from "@owf/mdoc";

const HASHES = { "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"));
const toKey = (key) => crypto.createPublicKey({ key: key.jwk, format: "jwk" });

// What both packages leave to whoever uses them.
const context = {
  crypto: {
    random: (length) => new Uint8Array(crypto.randomBytes(length)),
    digest: ({ digestAlgorithm, bytes }) =>
      new Uint8Array(crypto.createHash(HASHES[digestAlgorithm]).update(bytes).digest()),
    calculateEphemeralMacKey: () => { throw new Error("no MAC here"); },
  },
  cose: {
    sign1: {
      sign: ({ toBeSigned, key }) =>
        new Uint8Array(crypto.sign("sha256", toBeSigned, {
          key: crypto.createPrivateKey({ key: key.jwk, format: "jwk" }), dsaEncoding: "ieee-p1363",
        })),
      verify: ({ key, sign1 }) =>
        crypto.verify("sha256", sign1.toBeSigned, { key: toKey(key), dsaEncoding: "ieee-p1363" }, sign1.signature),
    },
    mac0: { sign: () => { throw new Error("no MAC here"); }, verify: () => false },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) =>
      new crypto.X509Certificate(certificate).issuer.split("\n")
        .filter((line) => line.startsWith(`${field}=`)).map((line) => line.slice(field.length + 1)),
    getPublicKey: ({ certificate }) =>
      CoseKey.fromJwk(new crypto.X509Certificate(certificate).publicKey.export({ format: "jwk" })),
    verifyCertificateChain: ({ trustedCertificates, x5chain }) => {
      const leaf = new crypto.X509Certificate(x5chain[0]);
      const issued = trustedCertificates.map((der) => new crypto.X509Certificate(der))
        .some((anchor) => leaf.checkIssued(anchor) && leaf.verify(anchor.publicKey));
      if (!issued) throw new Error("not trusted");
    },
    getCertificateData: ({ certificate }) => {
      const one = new crypto.X509Certificate(certificate);
      return {
        issuerName: one.issuer, subjectName: one.subject, serialNumber: one.serialNumber,
        thumbprint: one.fingerprint256, notBefore: new Date(one.validFrom), notAfter: new Date(one.validTo),
        pem: one.toString(),
      };
    },
  },
};

const none = () => { throw new Error("not needed"); };
const client = new Openid4vpClient({
  callbacks: {
    fetch,
    hash: (data, algorithm) => new Uint8Array(crypto.createHash(algorithm.replace("-", "")).update(data).digest()),
    signJwt: none, decryptJwe: none, encryptJwe: none, verifyJwt: none, generateRandom: none,
  },
});

async function present({ link, issued, holder }) {
  const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link });
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: parsed.params });
  const request = resolved.authorizationRequestPayload;
  const [query] = resolved.dcql.query.credentials;
  const namespaces = {};
  for (const { path: [namespace, element] } of query.claims) (namespaces[namespace] ??= {})[element] = false;
  const deviceRequest = DeviceRequest.create({
    docRequests: [DocRequest.create({
      itemsRequest: ItemsRequest.create({ docType: query.meta.doctype_value, namespaces }),
    })],
  });
  const shown = await Holder.createDeviceResponseForDeviceRequest({
    deviceRequest,
    sessionTranscript: await SessionTranscript.forOid4Vp(
      { clientId: request.client_id, nonce: request.nonce, responseUri: request.response_uri }, context,
    ),
    issuerSigned: [IssuerSigned.fromEncodedForOid4Vci(issued)],
    signature: { signingKey: CoseKey.fromJwk(holder) },
  }, context);
  const answer = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request,
    authorizationResponsePayload: { vp_token: { [query.id]: [shown.encodedForOid4Vp] } },
  });
  const { response } = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request,
    authorizationResponsePayload: answer.authorizationResponsePayload,
  });
  return {
    version: resolved.version, prefix: resolved.client.prefix, status: response.status, body: await response.json(),
  };
}

async function verify({ response, transcript, anchors, now }) {
  const checks = [];
  let refused = null;
  try {
    await Verifier.verifyDeviceResponse({
      deviceResponse: DeviceResponse.fromEncodedForOid4Vp(response),
      sessionTranscript: await SessionTranscript.forOid4Vp(transcript, context),
      trustedCertificates: anchors.map(bytes),
      now: new Date(now),
      onCheck: (check) => {
        checks.push(check);
        if (check.status === "FAILED") throw new Error(check.check);
      },
    }, context);
  } catch (error) {
    refused = error.message;
  }
  return { refused, passed: checks.filter((check) => check.status === "PASSED").length };
}

const input = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(await (process.argv[2] === "verify" ? verify : present)(input)));
