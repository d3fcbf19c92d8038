import { createHmac, createSecretKey, generateKeyPairSync, timingSafeEqual, verify as cverify, createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
const { createVerifier, createSigner, createDecoder } = createRequire(import.meta.url)('fast-jwt');
import * as jose from 'jose';
const dist = process.argv[2] ?? './dist/index.js';
const only = process.argv[3] ?? '';
const { createAuthClient } = await import(dist);
const SECRET='x1y2z3a4b5c6d7e8f9g0h1i2j3k4l5m6n7';
const now=Math.floor(Date.now()/1000);
const claims={iss:'https://issuer.example.com/',aud:'my-api',sub:'user-1234567890',scope:'openid profile email read:all',roles:['editor'],iat:now,exp:now+3600};
const us=createAuthClient({secret:SECRET,issuer:claims.iss,audience:claims.aud});
const hs=await new jose.SignJWT(claims).setProtectedHeader({alg:'HS256',typ:'JWT'}).sign(new TextEncoder().encode(SECRET));
const key=createSecretKey(Buffer.from(SECRET));
const bareVerify=(t)=>{const i=t.lastIndexOf('.');const s=t.slice(0,i);const m=createHmac('sha256',key).update(s).digest();const sig=Buffer.from(t.slice(i+1),'base64url');if(sig.length!==m.length||!timingSafeEqual(m,sig))throw 1;const p=JSON.parse(Buffer.from(s.slice(s.indexOf('.')+1),'base64url').toString());if(p.exp<=Date.now()/1000||p.iss!==claims.iss||p.aud!==claims.aud)throw 1;return p};
const h64=Buffer.from(JSON.stringify({alg:'HS256',typ:'JWT'})).toString('base64url');
const bareSign=(c)=>{const n=Math.floor(Date.now()/1000);const s=h64+'.'+Buffer.from(JSON.stringify({...c,iat:n,exp:n+3600,iss:claims.iss,aud:claims.aud})).toString('base64url');return s+'.'+createHmac('sha256',key).update(s).digest('base64url')};
const B={};
const fv=createVerifier({key:SECRET,algorithms:['HS256'],allowedIss:claims.iss,allowedAud:claims.aud,cache:false});
const fs=createSigner({key:SECRET,algorithm:'HS256',expiresIn:3600000,iss:claims.iss,aud:claims.aud});
const fd=createDecoder();
B['verify HS256']={us:()=>us.verify(hs),fast:()=>fv(hs),bare:()=>bareVerify(hs)};
const {iat,exp,iss,aud,...pl}=claims;
B['sign HS256']={us:()=>us.sign(pl),fast:()=>fs(pl),bare:()=>bareSign(pl)};
B['decode']={us:()=>us.decode(hs),fast:()=>fd(hs),jose:()=>jose.decodeJwt(hs)};
for(const [alg,gen] of Object.entries({RS256:()=>generateKeyPairSync('rsa',{modulusLength:2048}),PS256:()=>generateKeyPairSync('rsa',{modulusLength:2048}),ES256:()=>generateKeyPairSync('ec',{namedCurve:'P-256'}),EdDSA:()=>generateKeyPairSync('ed25519')})){
 const {privateKey,publicKey}=gen();
 const jwk={...publicKey.export({format:'jwk'}),kid:'k1',alg,use:'sig'};
 const c=createAuthClient({jwksUrl:'https://issuer.example/jwks',issuer:claims.iss,audience:claims.aud,jwks:{fetch:async()=>new Response(JSON.stringify({keys:[jwk]}))}});
 const t=await new jose.SignJWT(claims).setProtectedHeader({alg,typ:'JWT',kid:'k1'}).sign(privateKey);
 if(!(await c.verify(t)).valid)throw alg;
 const f=createVerifier({key:publicKey.export({type:'spki',format:'pem'}),algorithms:[alg],allowedIss:claims.iss,allowedAud:claims.aud,cache:false});
 const extra=alg==='PS256'?{padding:6,saltLength:-1}:null;
 const hash=alg==='EdDSA'?null:'sha256';
 const k=createPublicKey({key:jwk,format:'jwk'});
 const p=alg==='ES256'?{key:k,dsaEncoding:'ieee-p1363'}:extra?{key:k,...extra}:k;
 B['verify '+alg]={us:()=>c.verify(t),fast:()=>f(t),bare:()=>{const i=t.lastIndexOf('.');if(!cverify(hash,Buffer.from(t.slice(0,i)),p,Buffer.from(t.slice(i+1),'base64url')))throw 1;return JSON.parse(Buffer.from(t.slice(t.indexOf('.')+1,i),'base64url').toString())}};
}
const med=a=>a.slice().sort((x,y)=>x-y)[a.length>>1];
for(const [name,fns] of Object.entries(B)){
 if(only&&!name.includes(only))continue;
 const n=/RS|PS|ES256|Ed/.test(name)?300:2000; const r={};for(const k in fns){r[k]=[];for(let i=0;i<n;i++)await fns[k]()}
 for(let round=0;round<25;round++)for(const k in fns){const s=process.cpuUsage();const f=fns[k];for(let i=0;i<n;i++)await f();const u=process.cpuUsage(s);r[k].push((u.user+u.system)/n)}
 const base=med(r.us);
 console.log(name.padEnd(14),Object.entries(r).map(([k,a])=>k+' '+med(a).toFixed(2)+'µs'+(k==='us'?'':' ('+(med(a)/base).toFixed(2)+'x)')).join('  '));
}
