var ie,k,Ee,Ct,P,Se,Ne,qe,ue,Y,V,Ae,me,fe,he,zt,te={},ne=[],Tt=/acit|ex(?:s|g|n|p|$)|rph|grid|ows|mnc|ntw|ine[ch]|zoo|^ord|itera/i,oe=Array.isArray;function R(e,t){for(var n in t)e[n]=t[n];return e}function ge(e){e&&e.parentNode&&e.parentNode.removeChild(e)}function Et(e,t,n){var i,o,a,s={};for(a in t)a=="key"?i=t[a]:a=="ref"?o=t[a]:s[a]=t[a];if(arguments.length>2&&(s.children=arguments.length>3?ie.call(arguments,2):n),typeof e=="function"&&e.defaultProps!=null)for(a in e.defaultProps)s[a]===void 0&&(s[a]=e.defaultProps[a]);return Z(e,s,i,o,null)}function Z(e,t,n,i,o){var a={type:e,props:t,key:n,ref:i,__k:null,__:null,__b:0,__e:null,__c:null,constructor:void 0,__v:o??++Ee,__i:-1,__u:0};return o==null&&k.vnode!=null&&k.vnode(a),a}function D(e){return e.children}function ee(e,t){this.props=e,this.context=t}function j(e,t){if(t==null)return e.__?j(e.__,e.__i+1):null;for(var n;t<e.__k.length;t++)if((n=e.__k[t])!=null&&n.__e!=null)return n.__e;return typeof e.type=="function"?j(e):null}function Nt(e){if(e.__P&&e.__d){var t=e.__v,n=t.__e,i=[],o=[],a=R({},t);a.__v=t.__v+1,k.vnode&&k.vnode(a),xe(e.__P,a,t,e.__n,e.__P.namespaceURI,32&t.__u?[n]:null,i,n??j(t),!!(32&t.__u),o),a.__v=t.__v,a.__.__k[a.__i]=a,Be(i,a,o),t.__e=t.__=null,a.__e!=n&&Le(a)}}function Le(e){if((e=e.__)!=null&&e.__c!=null)return e.__e=e.__c.base=null,e.__k.some(function(t){if(t!=null&&t.__e!=null)return e.__e=e.__c.base=t.__e}),Le(e)}function Ce(e){(!e.__d&&(e.__d=!0)&&P.push(e)&&!re.__r++||Se!=k.debounceRendering)&&((Se=k.debounceRendering)||Ne)(re)}function re(){try{for(var e,t=1;P.length;)P.length>t&&P.sort(qe),e=P.shift(),t=P.length,Nt(e)}finally{P.length=re.__r=0}}function Fe(e,t,n,i,o,a,s,d,u,c,p){var g,l,m,x,y,v,b=i&&i.__k||ne,h=t.length;for(u=qt(n,t,b,u,h),g=0;g<h;g++)(m=n.__k[g])!=null&&(l=m.__i!=-1&&b[m.__i]||te,m.__i=g,v=xe(e,m,l,o,a,s,d,u,c,p),x=m.__e,m.ref&&l.ref!=m.ref&&(l.ref&&_e(l.ref,null,m),p.push(m.ref,m.__c||x,m)),y==null&&x!=null&&(y=x),4&m.__u?(u=Re(m,u,e),l.__e&&(l.__e=null)):typeof m.type=="function"&&v!==void 0?u=v:x&&(u=x.nextSibling),m.__u&=-7);return n.__e=y,u}function qt(e,t,n,i,o){var a,s,d,u,c,p=n.length,g=p,l=0;for(e.__k=new Array(o),a=0;a<o;a++)(s=t[a])!=null&&typeof s!="boolean"&&typeof s!="function"?(typeof s=="string"||typeof s=="number"||typeof s=="bigint"||s.constructor==String?s=e.__k[a]=Z(null,s,null,null,null):oe(s)?s=e.__k[a]=Z(D,{children:s},null,null,null):s.constructor===void 0&&s.__b>0?s=e.__k[a]=Z(s.type,s.props,s.key,s.ref?s.ref:null,s.__v):e.__k[a]=s,u=a+l,s.__=e,s.__b=e.__b+1,d=null,(c=s.__i=At(s,n,u,g))!=-1&&(g--,(d=n[c])&&(d.__u|=2)),d==null||d.__v==null?(c==-1&&(o>p?l--:o<p&&l++),typeof s.type!="function"&&(s.__u|=4)):c!=u&&(c==u-1?l--:c==u+1?l++:(c>u?l--:l++,s.__u|=4))):e.__k[a]=null;if(g)for(a=0;a<p;a++)(d=n[a])!=null&&(2&d.__u)==0&&(d.__e==i&&(i=j(d)),Oe(d,d));return i}function Re(e,t,n){var i,o;if(typeof e.type=="function"){for(i=e.__k,o=0;i&&o<i.length;o++)i[o]&&(i[o].__=e,t=Re(i[o],t,n));return t}e.__e!=t&&(t&&e.type&&!t.parentNode&&(t=j(e)),t=n.insertBefore(e.__e,t||null));do t=t&&t.nextSibling;while(t!=null&&t.nodeType==8);return t}function At(e,t,n,i){var o,a,s,d=e.key,u=e.type,c=t[n],p=c!=null&&(2&c.__u)==0;if(c===null&&d==null||p&&d==c.key&&u==c.type)return n;if(i>(p?1:0)){for(o=n-1,a=n+1;o>=0||a<t.length;)if((c=t[s=o>=0?o--:a++])!=null&&(2&c.__u)==0&&d==c.key&&u==c.type)return s}return-1}function ze(e,t,n){t[0]=="-"?e.setProperty(t,n??""):e[t]=n==null?"":typeof n!="number"||Tt.test(t)?n:n+"px"}function J(e,t,n,i,o){var a,s;e:if(t=="style")if(typeof n=="string")e.style.cssText=n;else{if(typeof i=="string"&&(e.style.cssText=i=""),i)for(t in i)n&&t in n||ze(e.style,t,"");if(n)for(t in n)i&&n[t]==i[t]||ze(e.style,t,n[t])}else if(t[0]=="o"&&t[1]=="n")a=t!=(t=t.replace(Ae,"$1")),s=t.toLowerCase(),t=s in e||t=="onFocusOut"||t=="onFocusIn"?s.slice(2):t.slice(2),e.l||(e.l={}),e.l[t+a]=n,n?i?n[V]=i[V]:(n[V]=me,e.addEventListener(t,a?he:fe,a)):e.removeEventListener(t,a?he:fe,a);else{if(o=="http://www.w3.org/2000/svg")t=t.replace(/xlink(H|:h)/,"h").replace(/sName$/,"s");else if(t!="width"&&t!="height"&&t!="href"&&t!="list"&&t!="form"&&t!="tabIndex"&&t!="download"&&t!="rowSpan"&&t!="colSpan"&&t!="role"&&t!="popover"&&t in e)try{e[t]=n??"";break e}catch{}typeof n=="function"||(n==null||n===!1&&t[4]!="-"?e.removeAttribute(t):e.setAttribute(t,t=="popover"&&n==1?"":n))}}function Te(e){return function(t){if(this.l){var n=this.l[t.type+e];if(t[Y]==null)t[Y]=me++;else if(t[Y]<n[V])return;return n(k.event?k.event(t):t)}}}function xe(e,t,n,i,o,a,s,d,u,c){var p,g,l,m,x,y,v,b,h,M,f,$,T,q,w,A,S=t.type;if(t.constructor!==void 0)return null;128&n.__u&&(u=!!(32&n.__u),a=[d=t.__e=n.__e]),(p=k.__b)&&p(t);e:if(typeof S=="function"){g=s.length;try{if(h=t.props,M=S.prototype&&S.prototype.render,f=(p=S.contextType)&&i[p.__c],$=p?f?f.props.value:p.__:i,n.__c?b=(l=t.__c=n.__c).__=l.__E:(M?t.__c=l=new S(h,$):(t.__c=l=new ee(h,$),l.constructor=S,l.render=Ft),f&&f.sub(l),l.state||(l.state={}),l.__n=i,m=l.__d=!0,l.__h=[],l._sb=[]),M&&l.__s==null&&(l.__s=l.state),M&&S.getDerivedStateFromProps!=null&&(l.__s==l.state&&(l.__s=R({},l.__s)),R(l.__s,S.getDerivedStateFromProps(h,l.__s))),x=l.props,y=l.state,l.__v=t,m)M&&S.getDerivedStateFromProps==null&&l.componentWillMount!=null&&l.componentWillMount(),M&&l.componentDidMount!=null&&l.__h.push(l.componentDidMount);else{if(M&&S.getDerivedStateFromProps==null&&h!==x&&l.componentWillReceiveProps!=null&&l.componentWillReceiveProps(h,$),t.__v==n.__v||!l.__e&&l.shouldComponentUpdate!=null&&l.shouldComponentUpdate(h,l.__s,$)===!1){t.__v!=n.__v&&(l.props=h,l.state=l.__s,l.__d=!1),t.__e=n.__e,t.__k=n.__k,t.__k.some(function(L){L&&(L.__=t)}),ne.push.apply(l.__h,l._sb),l._sb=[],l.__h.length&&s.push(l),d=j(n);break e}l.componentWillUpdate!=null&&l.componentWillUpdate(h,l.__s,$),M&&l.componentDidUpdate!=null&&l.__h.push(function(){l.componentDidUpdate(x,y,v)})}if(l.context=$,l.props=h,l.__P=e,l.__e=!1,T=k.__r,q=0,M)l.state=l.__s,l.__d=!1,T&&T(t),p=l.render(l.props,l.state,l.context),ne.push.apply(l.__h,l._sb),l._sb=[];else do l.__d=!1,T&&T(t),p=l.render(l.props,l.state,l.context),l.state=l.__s;while(l.__d&&++q<25);l.state=l.__s,l.getChildContext!=null&&(i=R(R({},i),l.getChildContext())),M&&!m&&l.getSnapshotBeforeUpdate!=null&&(v=l.getSnapshotBeforeUpdate(x,y)),w=p!=null&&p.type===D&&p.key==null?Pe(p.props.children):p,d=Fe(e,oe(w)?w:[w],t,n,i,o,a,s,d,u,c),l.base=t.__e,t.__u&=-161,l.__h.length&&s.push(l),b&&(l.__E=l.__=null)}catch(L){if(s.length=g,t.__v=null,u||a!=null){if(L.then){for(t.__u|=u?160:128;d&&d.nodeType==8&&d.nextSibling;)d=d.nextSibling;a!=null&&(a[a.indexOf(d)]=null),t.__e=d}else if(a!=null)for(A=a.length;A--;)ge(a[A])}else t.__e=n.__e;t.__k==null&&(t.__k=n.__k||[]),L.then||De(t),k.__e(L,t,n)}}else a==null&&t.__v==n.__v?(t.__k=n.__k,t.__e=n.__e):d=t.__e=Lt(n.__e,t,n,i,o,a,s,u,c);return(p=k.diffed)&&p(t),128&t.__u?void 0:d}function De(e){e&&(e.__c&&(e.__c.__e=!0),e.__k&&e.__k.some(De))}function Be(e,t,n){for(var i=0;i<n.length;i++)_e(n[i],n[++i],n[++i]);k.__c&&k.__c(t,e),e.some(function(o){try{e=o.__h,o.__h=[],e.some(function(a){a.call(o)})}catch(a){k.__e(a,o.__v)}})}function Pe(e){return typeof e!="object"||e==null||e.__b>0?e:oe(e)?e.map(Pe):e.constructor!==void 0?null:R({},e)}function Lt(e,t,n,i,o,a,s,d,u){var c,p,g,l,m,x,y,v=n.props||te,b=t.props,h=t.type;if(h=="svg"?o="http://www.w3.org/2000/svg":h=="math"?o="http://www.w3.org/1998/Math/MathML":o||(o="http://www.w3.org/1999/xhtml"),a!=null){for(c=0;c<a.length;c++)if((m=a[c])&&"setAttribute"in m==!!h&&(h?m.localName==h:m.nodeType==3)){e=m,a[c]=null;break}}if(e==null){if(h==null)return document.createTextNode(b);e=document.createElementNS(o,h,b.is&&b),d&&(k.__m&&k.__m(t,a),d=!1),a=null}if(h==null)v===b||d&&e.data==b||(e.data=b);else{if(a=h=="textarea"&&b.defaultValue!=null?null:a&&ie.call(e.childNodes),!d&&a!=null)for(v={},c=0;c<e.attributes.length;c++)v[(m=e.attributes[c]).name]=m.value;for(c in v)m=v[c],c=="dangerouslySetInnerHTML"?g=m:c=="children"||c in b||c=="value"&&"defaultValue"in b||c=="checked"&&"defaultChecked"in b||J(e,c,null,m,o);for(c in b)m=b[c],c=="children"?l=m:c=="dangerouslySetInnerHTML"?p=m:c=="value"?x=m:c=="checked"?y=m:d&&typeof m!="function"||v[c]===m||J(e,c,m,v[c],o);if(p)d||g&&(p.__html==g.__html||p.__html==e.innerHTML)||(e.innerHTML=p.__html),t.__k=[];else if(g&&(e.innerHTML=""),Fe(t.type=="template"?e.content:e,oe(l)?l:[l],t,n,i,h=="foreignObject"?"http://www.w3.org/1999/xhtml":o,a,s,a?a[0]:n.__k&&j(n,0),d,u),a!=null)for(c=a.length;c--;)ge(a[c]);d&&h!="textarea"||(c="value",h=="progress"&&x==null?e.removeAttribute("value"):x!=null&&(x!==e[c]||h=="progress"&&!x||h=="option"&&x!=v[c])&&J(e,c,x,v[c],o),c="checked",y!=null&&y!=e[c]&&J(e,c,y,v[c],o))}return e}function _e(e,t,n){try{if(typeof e=="function"){var i=typeof e.__u=="function";i&&e.__u(),i&&t==null||(e.__u=e(t))}else e.current=t}catch(o){k.__e(o,n)}}function Oe(e,t,n){var i,o;if(k.unmount&&k.unmount(e),(i=e.ref)&&(i.current&&i.current!=e.__e||_e(i,null,t)),(i=e.__c)!=null){if(i.componentWillUnmount)try{i.componentWillUnmount()}catch(a){k.__e(a,t)}i.base=i.__P=i.__n=null}if(i=e.__k)for(o=0;o<i.length;o++)i[o]&&Oe(i[o],t,n||typeof e.type!="function");n||ge(e.__e),e.__c=e.__=e.__e=void 0}function Ft(e,t,n){return this.constructor(e,n)}function We(e,t,n){var i,o,a,s;t==document&&(t=document.documentElement),k.__&&k.__(e,t),o=(i=typeof n=="function")?null:n&&n.__k||t.__k,a=[],s=[],xe(t,e=(!i&&n||t).__k=Et(D,null,[e]),o||te,te,t.namespaceURI,!i&&n?[n]:o?null:t.firstChild?ie.call(t.childNodes):null,a,!i&&n?n:o?o.__e:t.firstChild,i,s),Be(a,e,s),e.props.children=null}ie=ne.slice,k={__e:function(e,t,n,i){for(var o,a,s;t=t.__;)if((o=t.__c)&&!o.__)try{if((a=o.constructor)&&a.getDerivedStateFromError!=null&&(o.setState(a.getDerivedStateFromError(e)),s=o.__d),o.componentDidCatch!=null&&(o.componentDidCatch(e,i||{}),s=o.__d),s)return o.__E=o}catch(d){e=d}throw e}},Ee=0,Ct=function(e){return e!=null&&e.constructor===void 0},ee.prototype.setState=function(e,t){var n;n=this.__s!=null&&this.__s!=this.state?this.__s:this.__s=R({},this.state),typeof e=="function"&&(e=e(R({},n),this.props)),e&&R(n,e),e!=null&&this.__v&&(t&&this._sb.push(t),Ce(this))},ee.prototype.forceUpdate=function(e){this.__v&&(this.__e=!0,e&&this.__h.push(e),Ce(this))},ee.prototype.render=D,P=[],Ne=typeof Promise=="function"?Promise.prototype.then.bind(Promise.resolve()):setTimeout,qe=function(e,t){return e.__v.__b-t.__v.__b},re.__r=0,ue=Math.random().toString(8),Y="__d"+ue,V="__a"+ue,Ae=/(PointerCapture)$|Capture$/i,me=0,fe=Te(!1),he=Te(!0),zt=0;function je(){let e=Math.random().toString(36).slice(2),t=[],n=0,i=()=>{},o=null,a,s=d=>{clearTimeout(o),!(!t.length||d>=5)&&(i("act",{client:e,acts:t}),o=setTimeout(()=>s(d+1),2e3*2**d))};return{update(d){i=d.setTriggerValue;let u=d.data?.ack;u&&(a=u[2]),u&&u[0]===e&&(t=t.filter(c=>c.seq>u[1]))},send(d,u={}){return t.push({seq:++n,to:a,type:d,...u}),s(0),n}}}var be=new Map;function He(e,t){let n=e.parentElement,{key:i,hidden:o,empty:a}=e.data??{};if(!n.__quantsimViz){let u=Rt(i)??Dt(t());n.__quantsimViz=u,n.append(u.element),u.attach?.(n),u.place.restore()}n.host&&(n.host.dataset.qv=o?"hidden":a?"empty":"");let s=n.__quantsimViz;return{part:s,cleanup:()=>{n.isConnected||n.__quantsimViz!==s||(n.__quantsimViz=null,be.set(i,s))}}}function Rt(e){let t=be.get(e);return be.delete(e),t}function Dt(e){return Object.assign(e,{place:new ve(e.element)})}var ve=class{constructor(t){this.scrolled=new Map,this.focused=null,t.addEventListener("scroll",({target:n})=>{n.isConnected&&this.scrolled.set(n,[n.scrollLeft,n.scrollTop])},{capture:!0,passive:!0}),t.addEventListener("focusin",({target:n})=>this.focused=n),t.addEventListener("focusout",()=>queueMicrotask(()=>{t.isConnected&&(this.focused=null)}))}restore(){for(let[t,[n,i]]of this.scrolled)t.scrollTo(n,i);this.focused&&document.activeElement===document.body&&this.focused.focus({preventScroll:!0})}};var Ie=`:host { display: block; height: 100%; --line: light-dark(#dfe3e8, #33373d);
  --soft: color-mix(in srgb, var(--st-background-color) 96%, var(--st-text-color));
  --dim: light-dark(#59636f, #9aa4b0); --accent: light-dark(#005f96, #6cb6f0); --here: light-dark(#dcebf7, #1f3a55); }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.part { height: 100%; min-height: 0; }
.holder { height: 100%; min-height: 0; font: 12.5px/1.4 var(--st-font, sans-serif); color: var(--st-text-color); display: flex; flex-direction: column; }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; }
p { margin: 0; }
code, .mono { font-family: var(--st-code-font, monospace); font-size: 11.5px; }
small { font-size: 11px; color: var(--dim); }
.dim { color: var(--dim); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -1px; border-radius: 2px; }
.pane { display: flex; flex-direction: column; min-height: 0; flex: 1; }
.grow { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.scroll { overflow: auto; flex: 1; min-height: 0; scrollbar-width: thin; }
.empty { padding: 14px 12px; color: var(--dim); max-width: 46em; }
.link { background: none; border: 0; padding: 0; color: var(--accent); text-align: left; }
.link:hover { text-decoration: underline; }
.act { border: 1px solid var(--accent); background: none; color: var(--accent); border-radius: 4px; padding: 1px 10px; }
.act:hover:not(:disabled) { background: var(--here); }
.act:disabled { opacity: .5; cursor: default; }
.mark { display: inline-flex; width: 15px; height: 14px; justify-content: center; align-items: center; flex: none; vertical-align: -2px; margin-right: 3px; }
:is(.row, .kind) > .mark { margin-right: 0; }
.mark svg { width: 13px; height: 13px; }
.num { text-align: right; font-variant-numeric: tabular-nums; }
.filter { border: 1px solid var(--line); border-radius: 4px; background: var(--st-background-color); padding: 2px 8px; height: 26px; }
.tabs { display: flex; border-bottom: 1px solid var(--line); flex: none; padding: 0 3px; }
.tabs button { border: 0; background: none; padding: 6px 6px 5px; border-bottom: 2px solid transparent; color: var(--dim); }
.tabs button[aria-selected=true] { color: inherit; border-bottom-color: var(--accent); font-weight: 600; }
.count { margin-left: 5px; border-radius: 8px; padding: 0 6px; background: var(--line); color: inherit; font-size: 11px; font-weight: 600; }
.count.error { background: #b34700; color: #fff; }
.count.warning { background: #E69F00; color: #1b1f24; }

/* navigator */
.pane > .filter { margin: 6px 8px; flex: none; }
.row { display: flex; align-items: center; gap: 5px; width: 100%; border: 0; background: none; padding: 0 8px; text-align: left; white-space: nowrap; }
.row:hover { background: var(--soft); }
.row[aria-current=true] { background: var(--here); }
.row .name { overflow: hidden; text-overflow: ellipsis; flex: 0 1 auto; min-width: 0; }
.row .type { margin-left: auto; padding-left: 8px; color: var(--dim); font-size: 11px; flex: 0 1000 auto; min-width: 2.5em; overflow: hidden; text-overflow: ellipsis; text-align: right; }
.row.group { color: var(--dim); font-weight: 600; }
.twist { width: 12px; }
table { border-collapse: collapse; }
.rules { width: 100%; }
.rules th { text-align: left; font-weight: 500; color: var(--dim); padding: 4px 8px; position: sticky; top: 0; background: var(--st-background-color); }
.rules th.num { text-align: right; padding-left: 0; }
.rules td { padding: 2px 8px; vertical-align: top; }
.rules tr.heading th { color: inherit; font-weight: 600; padding-top: 8px; position: static; }
.rules tr.void { color: var(--dim); }
.rules tr[aria-selected=true] { background: var(--here); }
.rules .link { color: inherit; }
.rules .value { color: var(--dim); margin-left: 6px; }
.problem { padding: 8px 10px; border-bottom: 1px solid var(--line); border-left: 3px solid var(--dim); }
.problem.error { border-left-color: #D55E00; }
.problem.warning { border-left-color: #E69F00; }
.problem .head { display: flex; gap: 8px; align-items: baseline; color: var(--dim); }
.problem .severity { font-weight: 600; }
.problem.error .severity { color: light-dark(#b34700, #f0925c); }
.problem .line { margin-left: auto; white-space: nowrap; }
.problem .act { text-align: left; max-width: 100%; }
.problem .head code { overflow-wrap: anywhere; }
.problem p { margin: 3px 0; overflow-wrap: anywhere; }
.problem .nodes { display: flex; flex-wrap: wrap; gap: 2px 10px; }

/* inspector */
.inspector { padding: 0 12px 16px; }
.inspector header { padding: 9px 0 8px; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--st-background-color); z-index: 1; }
.inspector h2 { font-size: 15px; margin: 0; overflow-wrap: anywhere; line-height: 1.25; }
.kind { display: flex; align-items: center; gap: 4px; margin-top: 2px; }
.kind .type { margin-left: auto; color: var(--dim); }
.module { color: var(--dim); }
.why { margin-top: 4px; }
.refusal { margin-top: 4px; padding: 4px 8px; border-left: 3px solid #D55E00; background: light-dark(#fdefe6, #33211a); }
.inspector h3 { font-size: 12.5px; margin: 0; display: flex; justify-content: space-between; gap: 8px; align-items: baseline; }
.quantizer { padding: 9px 0; border-bottom: 1px solid var(--line); }
.quantizer h3 .on { color: light-dark(#005f96, #6cb6f0); }
.quantizer h3 .off { color: light-dark(#8f5a00, #e9b04a); }
.tensor { color: var(--dim); display: flex; justify-content: space-between; gap: 8px; }
.tensor code { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.measured { white-space: nowrap; font-variant-numeric: tabular-nums; }
.note { color: var(--dim); margin: 2px 0; }
.computed { display: flex; gap: 8px; margin-top: 5px; align-items: center; min-height: 22px; }
.computed .title { min-width: 8.6em; color: var(--dim); }
.grid-line { display: flex; gap: 8px; color: var(--dim); font-size: 11.5px; margin: 2px 0; align-items: baseline; }
.grid-line .fold { border: 0; background: none; padding: 0; color: var(--accent); white-space: nowrap; flex: none; }
.values { margin: 4px 0 8px; padding: 6px 8px 4px; border: 1px solid var(--line); border-radius: 4px; background: var(--soft); }
.values svg { display: block; width: 100%; height: auto; overflow: visible; }
.values text { font-size: 9.5px; fill: var(--dim); }
.values .float-bars { fill: light-dark(#9aa4b0, #6d7885); }
.values .simulated { fill: none; stroke: light-dark(#0072B2, #6cb6f0); stroke-width: 1.1; }
.values .outside { fill: #E69F00; opacity: .18; }
.values .level { stroke: light-dark(#0072B2, #6cb6f0); stroke-width: .4; opacity: .35; }
.values .bound { stroke: light-dark(#b34700, #f0925c); stroke-width: 1.2; stroke-dasharray: 3 2; }
.values .axis, .values .zero { stroke: var(--dim); stroke-width: .8; }
.values .channels { margin-top: 6px; }
.values .grid-range { fill: light-dark(#cfe2f1, #1f3a55); }
.values .channel-values { fill: light-dark(#59636f, #9aa4b0); }
.values .keys { display: flex; gap: 12px; color: var(--dim); font-size: 11px; align-items: center; margin: 2px 0 4px; }
.values .keys .link { margin-left: auto; }
.values .keys i { display: inline-block; width: 12px; margin-right: 3px; vertical-align: middle; }
.bar-key { height: 8px; background: light-dark(#9aa4b0, #6d7885); }
.line-key { border-top: 2px solid light-dark(#0072B2, #6cb6f0); }
.grid-key { border-top: 2px dashed light-dark(#b34700, #f0925c); }
.values .line-text { margin: 1px 0; }
.computed .fold { border: 0; background: none; padding: 0; text-align: left; }
.computed .line { margin-left: auto; }
.switch { display: inline-flex; border: 1px solid var(--line); border-radius: 4px; overflow: hidden; flex: none; }
.switch button { border: 0; border-left: 1px solid var(--line); background: none; padding: 0 8px; line-height: 19px; color: var(--dim); }
.switch button:first-child { border-left: 0; }
.switch button:hover { background: var(--here); color: inherit; }
.switch button[aria-pressed=true] { background: var(--line); color: inherit; font-weight: 600; }
.switch button[data-wanted=true] { box-shadow: inset 0 0 0 1px var(--accent); color: var(--accent); }
.limit { color: var(--dim); font-size: 11.5px; margin: 3px 0 2px; padding-left: 10px; }
.range { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; width: 100%; }
.range input { width: 6.4em; border: 1px solid var(--line); border-radius: 4px; background: var(--st-background-color); padding: 1px 6px; height: 24px; }
.property ol { list-style: none; margin: 1px 0 0; padding: 0; }
.property ol { margin-bottom: 3px; }
.property li { display: grid; grid-template-columns: minmax(3.4em, auto) 1fr auto; gap: 8px; padding: 1px 0 1px 10px; align-items: baseline; }
.property li .value { font-family: var(--st-code-font, monospace); font-size: 11.5px; overflow-wrap: anywhere; }
.property li.wins .value { font-weight: 700; }
.property li.overridden, .property li.agrees { color: var(--dim); }
.property li .source .link { color: inherit; overflow-wrap: anywhere; }
.property li.wins .source .link { color: var(--accent); }
.property li small { display: block; }
.property .line { white-space: nowrap; font-size: 11.5px; }
details > summary { cursor: pointer; color: var(--dim); margin-top: 5px; font-size: 11.5px; }
.offers { display: flex; flex-wrap: wrap; gap: 5px; margin-top: 7px; align-items: stretch; }
.offers .lead { color: var(--dim); align-self: center; }
.offer { border: 1px solid var(--line); background: var(--soft); border-radius: 4px; padding: 2px 8px; text-align: left; }
.offer:hover:not(:disabled), .offer:focus-visible { border-color: var(--accent); }
.offer:disabled { color: var(--dim); background: none; border-style: dashed; cursor: not-allowed; }
.offer small { display: block; }
.offer[data-idle=true] { border-style: dashed; background: none; color: var(--dim); }
.starts { padding: 9px 0 4px; }
.starts .row { height: 24px; padding: 0; }
.limits { color: var(--dim); padding-top: 8px; }
.facts, .notes { padding-top: 9px; }
.facts h3 { margin-top: 6px; }
.facts table { width: 100%; }
.facts th { text-align: left; font-weight: 400; color: var(--dim); padding: 1px 10px 1px 0; vertical-align: top; white-space: nowrap; }
.facts td { padding: 1px 0; overflow-wrap: anywhere; }
.facts td small { margin-left: 8px; }
.facts .behind { display: flex; flex-wrap: wrap; gap: 0 8px; color: var(--dim); }

/* tables */
.toolbar { display: flex; gap: 10px; align-items: center; padding: 5px 10px; flex: none; }
.toolbar .filter { width: 240px; }
.tr { display: grid; align-items: center; padding: 0 10px; column-gap: 10px; border-bottom: 1px solid light-dark(#eff1f4, #20262e); }
.tr > div { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tr:not(.head):hover { background: var(--soft); cursor: pointer; }
.tr[aria-selected=true] { background: var(--here); }
.tr.head { border-bottom: 1px solid var(--line); border-top: 1px solid var(--line); background: var(--soft); height: 26px; position: sticky; top: 0; z-index: 1; }
.tr.head button { border: 0; background: none; padding: 0; font-weight: 600; width: 100%; text-align: inherit; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.arrow { font-size: 9px; margin-left: 4px; }
.cell-link { border: 0; background: none; padding: 0; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tr:hover .cell-link { color: var(--accent); }
.bar { display: flex; align-items: center; gap: 8px; justify-content: flex-end; }
.bar .track { flex: 1; height: 9px; background: light-dark(#e9ecf0, #262d36); border-radius: 1px; min-width: 30px; }
.bar i { display: block; height: 100%; border-radius: 1px; outline: .5px solid light-dark(#00000055, #ffffff44); outline-offset: -.5px; }
.bar b { font-weight: 600; min-width: 3em; }
.stale-figures { color: var(--dim); font-style: italic; filter: saturate(.35); }
.stale-figures .track, .stale-figures canvas { opacity: .5; }
.better { color: light-dark(#00664a, #4ec9a0); font-weight: 600; }
.worse { color: light-dark(#b34700, #f0925c); font-weight: 600; }
.differs { font-weight: 600; }

/* strip */
.strip { position: relative; display: flex; flex-direction: column; height: 100%; padding: 4px 10px 6px; gap: 3px; }
.caption { display: flex; gap: 12px; font-size: 12px; cursor: row-resize; user-select: none; touch-action: none; }
.caption span { color: var(--dim); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.caption .here { color: inherit; font-variant-numeric: tabular-nums; flex: none; }
.grip { position: absolute; inset: 0 0 auto; height: 3px; }
.grip:focus-visible { height: 4px; outline: none; background: var(--accent); }
.plot { flex: 1; min-height: 20px; border-bottom: 1px solid var(--line); color: var(--st-text-color); overflow: hidden; }
.plot canvas { display: block; cursor: pointer; }

/* summary */
.summary { padding: 0 12px; }
.coverage { display: flex; flex-wrap: wrap; gap: 2px 18px; min-height: 20px; color: var(--dim); }
.coverage b { color: var(--st-text-color); font-weight: 600; font-variant-numeric: tabular-nums; }
.coverage .link { color: inherit; }
.coverage .edited b { color: light-dark(#8f5a00, #e9b04a); }
.coverage .stale, .coverage .stale b { color: var(--dim); font-style: italic; font-weight: 400; }
.ribbon { display: flex; gap: 12px; padding: 3px 12px; margin: 3px -12px 0; background: light-dark(#fff3d6, #3a2f14); border-left: 3px solid #E69F00; }
.ribbon.error { background: light-dark(#fdefe6, #33211a); border-left-color: #D55E00; }
.ribbon.info { background: var(--here); border-left-color: var(--accent); }
p.ribbon.stale, .grow + .ribbon, .ribbon:first-child { margin-top: 0; }

/* forms */
.forms { display: flex; min-height: 0; flex: 1; }
.forms nav { display: flex; flex-direction: column; border-right: 1px solid var(--line); padding: 4px 0; flex: none; width: 148px; overflow: auto; }
.forms nav button { border: 0; background: none; text-align: left; padding: 3px 12px; display: flex; justify-content: space-between; }
.forms nav button[aria-current=true] { background: var(--here); font-weight: 600; }
.form-body { padding: 6px 14px 14px; }
.form-body > .lead { color: var(--dim); max-width: 76em; margin-bottom: 6px; }
.entries th, .entries td { padding: 2px 12px 2px 0; text-align: left; vertical-align: middle; white-space: nowrap; }
.entries thead th { font-weight: 500; color: var(--dim); position: sticky; top: 0; background: var(--st-background-color); z-index: 1; }
.entries thead code, .label code { display: block; color: var(--dim); font-size: 10.5px; }
.entries tbody th { font-weight: 600; }
.entries tbody th small { margin-left: 7px; font-weight: 400; }
.entries tr.absent th { font-weight: 400; color: var(--dim); }
.entries tr.more td { white-space: normal; padding: 4px 0 10px 18px; }
.tri { display: inline-flex; border: 1px solid var(--line); border-radius: 4px; overflow: hidden; background: var(--st-background-color); }
.tri label { padding: 0 8px; cursor: pointer; position: relative; line-height: 20px; border-left: 1px solid var(--line); color: var(--dim); }
.tri label:first-child { border-left: 0; }
.tri label.chosen { background: light-dark(#0067a1, #2b6da3); color: #fff; font-weight: 600; }
.tri label:first-child.chosen { background: var(--line); color: inherit; }
.tri label.bad { text-decoration: line-through; cursor: not-allowed; opacity: .55; }
.tri label.bad.chosen { background: #b34700; opacity: 1; }
.tri input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: inherit; }
.tri label:has(:focus-visible) { box-shadow: inset 0 0 0 2px var(--accent); }
.object { display: grid; gap: 5px; }
.field { display: grid; grid-template-columns: 190px auto 1fr; gap: 12px; align-items: center; justify-content: start; }
.field.nested { align-items: start; }
.field.nested .object { border-left: 2px solid var(--line); padding-left: 12px; }
.label small { display: block; }
.form-body input[type=text], .form-body input[type=number], .form-body select { border: 1px solid var(--line); border-radius: 4px; background: var(--st-background-color); padding: 1px 8px; height: 24px; }
.add { display: flex; gap: 8px; margin-top: 8px; }
.remove { color: var(--dim); font-size: 11.5px; }
.group-line, .item { display: flex; gap: 14px; align-items: center; padding: 2px 0; }
.chain i { font-style: normal; color: var(--dim); padding: 0 5px; }
.chain code { border: 1px solid var(--line); border-radius: 3px; padding: 1px 6px; }
.names { display: grid; gap: 3px; }

/* presets */
.presets { display: flex; min-height: 0; flex: 1; }
.presets nav { display: flex; flex-direction: column; border-right: 1px solid var(--line); flex: none; width: 270px; min-height: 0; }
.presets nav .filter { margin: 6px 10px; flex: none; }
.presets nav button { border: 0; background: none; text-align: left; padding: 3px 12px; display: flex; justify-content: space-between; gap: 8px; width: 100%; }
.presets nav button[aria-current=true] { background: var(--here); font-weight: 600; }
.preset { padding: 8px 16px 16px; }
.preset > * { max-width: 78em; }
.preset h3 { margin: 0 0 6px; font-size: 15px; }
.preset h3 code { margin-left: 10px; color: var(--dim); font-weight: 400; }
.preset h4 { margin: 10px 0 2px; font-size: 12.5px; }
.preset ul { margin: 0; padding-left: 18px; }
.preset li { margin: 1px 0; }
.preset a { color: var(--accent); }
.preset .acts { display: flex; gap: 8px; margin-bottom: 6px; }

/* report */
.report { padding: 2px 12px 6px; }
.report dl { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 0 0 4px; }
.report dt { color: var(--dim); font-size: 11.5px; max-width: 22em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.report dd { margin: 0; font-size: 17px; font-weight: 600; font-variant-numeric: tabular-nums; }

/* changes */
.changes .bar-choice { display: flex; gap: 10px; align-items: center; margin: 6px 12px; flex-wrap: wrap; }
.changes select { border: 1px solid var(--line); border-radius: 4px; background: var(--st-background-color); height: 24px; max-width: 26em; }
.changes p { margin: 6px 12px; }
.changes table { border-collapse: collapse; width: 100%; font-size: 12.5px; line-height: 1.55; }
.changes td { padding: 0 6px; vertical-align: top; }
.changes td.num { width: 3.2em; text-align: right; color: var(--dim); font-variant-numeric: tabular-nums; user-select: none; }
.changes td.sign { width: 1.2em; text-align: center; color: var(--dim); }
.changes code { white-space: pre-wrap; background: none; }
.changes tr.gone { background: light-dark(#fdecdf, #3b2415); }
.changes tr.new { background: light-dark(#e2f0fb, #14293b); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`;var Pt=0;function r(e,t,n,i,o,a){t||(t={});var s,d,u=t;if("ref"in u)for(d in u={},t)d=="ref"?s=t[d]:u[d]=t[d];var c={type:e,props:u,key:n,ref:s,__k:null,__:null,__b:0,__e:null,__c:null,constructor:void 0,__v:--Pt,__i:-1,__u:0,__source:o,__self:a};if(typeof e=="function"&&(s=e.defaultProps))for(d in s)u[d]===void 0&&(u[d]=s[d]);return k.vnode&&k.vnode(c),c}var N=e=>/^[A-F]$/.test(e)?`side-${e.toLowerCase()}`:"";function O({letter:e,small:t}){return r("span",{class:`letter ${N(e)}${t?" small":""}`,"aria-hidden":"true",children:e})}function F(e,t=1){let n=Math.abs(e).toFixed(t);return Number(n)===0?n:(e>0?"+":"\u2212")+n}function W({value:e,digits:t=1,unit:n="",good:i=1}){if(e==null)return r("span",{class:"dim",children:"\u2013"});let o=F(e,t),a=Number(Math.abs(e).toFixed(t))===0?"dim":e*i>0?"better":"worse";return r("span",{class:a,children:[o,n]})}function Ue({data:e,send:t}){return r("div",{class:"pane causes",children:[r("header",{class:"causes-head",children:[r("h2",{children:"What differs"}),r("p",{class:"dim",children:e.lead})]}),r("ul",{class:"scroll","aria-label":"What differs, by cause",children:[e.causes.map(n=>r(Ot,{cause:n,data:e,send:t},n.id)),e.idle.length>0&&r("li",{class:"idle-rules",children:r("details",{children:[r("summary",{children:[e.idle.length," more changed rule",e.idle.length===1?"":"s"," that decide",e.idle.length===1?"s":""," none of these"]}),r("ul",{children:e.idle.map(n=>r("li",{children:[r("code",{children:n.label})," ",r("small",{children:n.what})," ",r(Ve,{cause:n,send:t})]},n.id))})]})})]}),e.foot&&r("p",{class:"foot",children:[r("small",{children:e.foot}),e.can_attribute&&r("button",{type:"button",class:"act",onClick:()=>t("attribute"),children:"Try each rule"})]})]})}function Ot({cause:e,data:t,send:n}){let i=e.id===t.selected,o=e.nodes.length;return r("li",{class:`cause${i?" selected":""}`,children:[r("button",{type:"button",class:"cause-main","aria-pressed":i,onClick:()=>n("cause",{id:e.id}),title:i?"Show all nodes again":`Light up ${o} node${o===1?"":"s"} in the graph`,children:[r("span",{class:"cause-rule",children:r("code",{children:e.label})}),e.what&&r("span",{class:"cause-what",children:e.what}),e.text&&r("span",{class:"cause-effect",children:[r("b",{children:e.text}),o>0&&r("span",{class:"dim",children:[" \xB7 ",o," node",o===1?"":"s"]})]})]}),r("div",{class:"cause-foot",children:[r(Ve,{cause:e,send:n}),i&&e.nodes.length>0&&r("span",{class:"cause-nodes",children:[e.nodes.slice(0,4).map(a=>r("button",{type:"button",class:"link",onClick:()=>n("select",{node:a}),children:a},a)),o>4&&r("span",{class:"dim",children:["and ",o-4," more"]})]})]}),i&&e.effects.length>1&&r("ul",{class:"effects",children:e.effects.map(a=>r("li",{children:[r("b",{children:a.count})," ",a.what," ",r("small",{title:a.tensors.join(", "),children:[a.tensors.slice(0,3).join(", "),a.count>3?", \u2026":""]})]},a.what+a.tensors[0]))}),e.share&&r(Wt,{share:e.share,data:t})]})}function Ve({cause:e,send:t}){return(e.places??[]).map(({letter:n,line:i})=>r("button",{type:"button",class:"link place",onClick:()=>t("line",{letter:n,line:i}),title:`Show it in the editor of ${n}`,children:[r(O,{letter:n,small:!0}),"line ",i]},n))}function Wt({share:e,data:t}){let n=o=>`${Math.min(Math.abs(o??0)/(t.most_db||1),1)*50}%`,i=(o,a,s)=>s.refused?r("div",{class:"share-row",title:s.refused,children:[r("span",{class:"share-title",children:o}),r("span",{class:"refused-part",children:"AIMET refuses it"})]}):r("div",{class:"share-row",title:a,children:[r("span",{class:"share-title",children:o}),r("span",{class:"share-bar","aria-hidden":"true",children:r("i",{class:s.db>=0?"up":"down",style:s.db>=0?{left:"50%",width:n(s.db)}:{right:"50%",width:n(s.db)}})}),r("span",{class:"num",children:r(W,{value:s.db,unit:" dB"})}),r("span",{class:"num",children:s.score!=null&&r(W,{value:s.score*t.scale,digits:t.digits,unit:t.scale===100?" pt":"",good:t.metric==="mse"||t.metric==="mae"?-1:1})})]});return r("div",{class:"share",children:[i("alone","A with this rule changed and no other: against A",e.alone),i("on top","The other side against itself without this change: what it adds to all the others",e.rest)]})}var Qe=`:host { --side-a: light-dark(#7b3fa0, #c79be6); --side-b: light-dark(#00747f, #5cc8d2); --side-c: light-dark(#8a5a00, #e3b45c);
  --side-d: light-dark(#9c2f55, #f092b0); --side-e: light-dark(#3f6212, #a8cf6f); --side-f: light-dark(#374785, #a9b6f0); }
.side-a { --side: var(--side-a); } .side-b { --side: var(--side-b); } .side-c { --side: var(--side-c); }
.side-d { --side: var(--side-d); } .side-e { --side: var(--side-e); } .side-f { --side: var(--side-f); }
.letter { display: inline-grid; place-items: center; width: 19px; height: 19px; flex: none; border-radius: 4px; background: var(--side, var(--dim));
  color: light-dark(#fff, #14171c); font-weight: 700; font-size: 12px; line-height: 1; }
.letter.small { width: 16px; height: 16px; font-size: 10.5px; border-radius: 3px; vertical-align: -3px; }
.letter.float { background: none; color: var(--dim); border: 1px solid var(--line); font-style: italic; }
h1, h2, h3 { margin: 0; font-size: 12.5px; font-weight: 600; line-height: 1.3; }

/* sides */
.sides { padding: 0; }
.chosen { padding: 8px 8px 6px 10px; border-bottom: 1px solid var(--line); flex: none; max-height: 45%; overflow: auto; }
.side { display: flex; gap: 7px; align-items: flex-start; padding: 3px 0; }
.side-text { flex: 1; min-width: 0; display: flex; flex-direction: column; line-height: 1.25; padding-top: 1px; }
.side .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 100%; }
.side .link.name[aria-pressed=true] { color: inherit; text-decoration: underline; text-decoration-color: var(--side); text-underline-offset: 3px; }
.problem-text { color: light-dark(#b34700, #f0925c); display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical; overflow: hidden; }
.quiet { border: 0; background: none; padding: 0 4px; color: var(--dim); border-radius: 3px; line-height: 19px; }
.quiet:hover { background: var(--line); color: inherit; }
.swap { font-size: 11.5px; margin: 2px 0 0 26px; }
.offered-head { display: flex; align-items: baseline; gap: 8px; padding: 8px 10px 4px; }
.offered-head .dim { margin-left: auto; font-size: 11px; }
.sides > .filter { margin: 0 8px 5px; }
.offered { list-style: none; margin: 0; padding: 0 0 8px; }
.offer-row { display: flex; align-items: center; gap: 6px; padding: 1px 8px 1px 10px; min-height: 24px; }
.offer-row:hover { background: var(--soft); }
.offer-row .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.offered .heading { color: var(--dim); font-size: 11px; padding: 7px 10px 2px; }
.switches { display: inline-flex; gap: 2px; flex: none; }
.switch { display: inline-grid; place-items: center; width: 20px; height: 19px; padding: 0; border: 1px solid var(--line); border-radius: 4px; background: none; color: var(--dim); font-size: 11px; line-height: 1; }
.switch:hover:not(:disabled) { border-color: var(--side, var(--accent)); color: var(--side, var(--accent)); }
.switch[aria-pressed=true] { background: var(--side); border-color: var(--side); color: light-dark(#fff, #14171c); font-weight: 700; }
.switch:disabled { opacity: .4; cursor: default; }

/* verdict */
.verdict { display: grid; grid-template-columns: minmax(300px, 1fr) auto; gap: 10px 28px; padding: 9px 16px 8px; align-items: start; }
.answer, .figures { overflow: auto; max-height: 198px; scrollbar-width: thin; }
.answer h1 { font-size: 18px; font-weight: 650; letter-spacing: -.01em; margin-bottom: 2px; }
.answer p { max-width: 80ch; }
.tone-mark { margin-right: 7px; font-size: 15px; }
.tone-mark:empty { display: none; }
h1.better .tone-mark { color: light-dark(#00664a, #4ec9a0); } h1.worse .tone-mark, h1.refused .tone-mark { color: light-dark(#b34700, #f0925c); }
h1.unclear .tone-mark, h1.alike .tone-mark { color: var(--dim); }
.answer p.caption-line { display: flex; flex-wrap: wrap; gap: 0 12px; min-height: 18px; align-items: center; max-width: none; }
.busy { color: var(--accent); font-size: 11.5px; white-space: nowrap; }
.busy::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 6px; border-radius: 50%; border: 1.5px solid var(--accent); border-top-color: transparent; animation: turn 1s linear infinite; }
.busy .link { text-decoration: underline; text-underline-offset: 2px; margin-left: 4px; }
@keyframes turn { to { rotate: 360deg; } }
@media (prefers-reduced-motion: reduce) { .busy::before { animation: none; } }
.stale .figures, .stale h1 { opacity: .6; }
.figures table { font-size: 12.5px; }
.figures th { font-weight: 400; color: var(--dim); text-align: left; padding: 0 9px 2px; white-space: nowrap; vertical-align: bottom; }
.figures thead th { font-size: 11.5px; }
.figures th.num { text-align: right; }
.figures td { padding: 2px 9px; white-space: nowrap; }
.figures tbody tr { border-top: 1px solid var(--line); height: 24px; }
.figures tbody th { color: inherit; padding: 0 9px; vertical-align: middle; }
.figures .side-name { display: flex; gap: 7px; align-items: center; }
.figures .name { max-width: 190px; overflow: hidden; text-overflow: ellipsis; }
.figures .strong { font-weight: 650; font-size: 14px; }
.figures.many tbody tr { height: 19px; }
.figures.many td, .figures.many th { padding-block: 0; line-height: 1.25; }
.figures .interval { display: none; }
.figures .stale-row td { opacity: .45; }
.refusal-cell { color: light-dark(#b34700, #f0925c); }
.refusal-cell span { display: inline-block; max-width: 520px; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
.metric-choice { display: inline-flex; gap: 5px; align-items: center; color: var(--dim); font-size: 11px; }
.metric-choice select { border: 1px solid var(--line); border-radius: 4px; background: var(--st-background-color); padding: 0 4px; height: 19px; }
.forest-head .axis { display: block; }
.axis text, .tick text, .axis-name { font-size: 10px; fill: var(--dim); }
.forest { display: block; }
.forest .zero { stroke: var(--dim); stroke-dasharray: 2 2; }
.forest .reach { stroke: var(--side); stroke-width: 1.6; }
.forest .point { fill: var(--side); }

@media (max-width: 1380px) { .forest-head, .forest-cell { display: none; } .figures .interval { display: table-cell; } .answer h1 { font-size: 17px; } .figures .name { max-width: 150px; } }

/* causes */
.causes-head { padding: 8px 12px 6px; border-bottom: 1px solid var(--line); flex: none; }
.causes > ul, .idle-rules ul { list-style: none; margin: 0; padding: 0; }
.cause { border-bottom: 1px solid var(--line); padding: 6px 12px 7px 9px; border-left: 3px solid transparent; }
.cause.selected { background: var(--here); border-left-color: var(--accent); }
.cause-main { display: block; width: 100%; border: 0; background: none; padding: 0; text-align: left; }
.cause-main:hover .cause-rule code { text-decoration: underline; }
.cause-rule, .cause-what, .cause-effect { display: block; }
.cause-rule code { font-size: 12px; font-weight: 600; overflow-wrap: anywhere; background: none; padding: 0; color: inherit; }
.cause-what { color: var(--dim); font-size: 11.5px; }
.cause-foot { display: flex; flex-wrap: wrap; gap: 2px 12px; margin-top: 2px; font-size: 11.5px; }
.cause-nodes { display: inline-flex; flex-wrap: wrap; gap: 2px 8px; }
.place { display: inline-flex; gap: 4px; align-items: center; }
.effects { margin: 4px 0 0; padding: 0 0 0 14px; font-size: 11.5px; }
.share { margin-top: 5px; display: grid; grid-template-columns: auto 1fr auto auto; gap: 1px 8px; align-items: center; font-size: 11.5px; }
.share-row { display: contents; }
.share-title { color: var(--dim); }
.share-bar { position: relative; height: 9px; background: light-dark(#e9ecf0, #262d36); border-radius: 1px; }
.share-bar::after { content: ""; position: absolute; left: 50%; top: -2px; bottom: -2px; width: 1px; background: var(--dim); }
.share-bar i { position: absolute; top: 0; bottom: 0; min-width: 1px; }
.share-bar i.up { background: light-dark(#00805d, #4ec9a0); } .share-bar i.down { background: light-dark(#c25100, #f0925c); }
.idle-rules { padding: 4px 12px 10px; }
.idle-rules li { padding: 2px 0 2px 10px; font-size: 11.5px; }
.foot { border-top: 1px solid var(--line); padding: 5px 12px; display: flex; gap: 10px; align-items: center; justify-content: space-between; flex: none; }

/* evidence */
.evidence .tabs { align-items: center; }
.tabs-note { margin-left: auto; padding-right: 12px; font-size: 11.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.evidence-body { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(506px, 1.25fr) minmax(180px, 276px) minmax(200px, .8fr); }
.layer-table { min-height: 0; min-width: 0; display: flex; flex-direction: column; border-right: 1px solid var(--line); }
.layer-table .toolbar { padding: 4px 10px; }
.layer-table .toolbar .filter { width: 190px; }
.layer-table .tr { column-gap: 7px; }
.same { opacity: .45; }
.explains { isolation: isolate; display: flex; align-items: center; gap: 5px; justify-content: flex-end; position: relative; }
.explains i { position: absolute; right: 0; top: 1px; bottom: 1px; background: light-dark(#cfe3f3, #1d3a57); border-radius: 1px; z-index: 0; }
.explains i.against { background: light-dark(#f6ddcc, #4a2a17); }
.explains b { font-weight: 600; z-index: 1; }
.plot-box { margin: 0; display: flex; flex-direction: column; min-width: 0; min-height: 0; padding: 5px 6px 2px 8px; }
.plot-box figcaption { display: flex; gap: 8px; font-size: 11.5px; white-space: nowrap; overflow: hidden; flex: none; height: 18px; }
.plot-box figcaption .dim { overflow: hidden; text-overflow: ellipsis; font-variant-numeric: tabular-nums; }
.plot-area { flex: 1; min-height: 0; position: relative; overflow: hidden; }
.plot-area > svg { position: absolute; inset: 0; cursor: pointer; outline-offset: -2px; }
.plot-area > svg:focus:not(:focus-visible) { outline: none; }
.tick line { stroke: currentColor; opacity: .1; }
.diagonal { stroke: var(--dim); stroke-dasharray: 4 3; }
.dot { fill: var(--side); fill-opacity: .8; stroke: var(--st-background-color); stroke-width: .7; }
.dot.even { fill: var(--dim); }
.dot.dimmed, .gap.dimmed { opacity: .18; }
.ring { fill: none; stroke: var(--st-text-color); stroke-width: 2; }
.curve { fill: none; stroke: var(--side); stroke-width: 1.6; stroke-linejoin: round; }
.curve.second { stroke-dasharray: 5 2.5; }
.gap { stroke: var(--side); opacity: .22; }
.here { stroke: var(--st-text-color); opacity: .6; }
.key { display: inline-flex; gap: 4px; align-items: center; font-weight: 600; color: var(--side); }

/* samples */
.samples { padding: 6px 12px 12px; display: flex; flex-wrap: wrap; gap: 4px 32px; align-content: flex-start; }
.samples h3 { margin: 4px 0 6px; }
.samples ul { list-style: none; margin: 0 0 8px; padding: 0; display: flex; flex-wrap: wrap; gap: 8px; }
.sample { display: flex; gap: 8px; align-items: flex-start; border: 1px solid var(--line); border-radius: 5px; padding: 6px 8px 6px 6px; position: relative; }
.sample img { width: 72px; height: 72px; object-fit: contain; image-rendering: pixelated; background: #000; border-radius: 3px; }
.sample .no-image { width: 52px; height: 52px; display: grid; place-items: center; color: var(--dim); border: 1px dashed var(--line); border-radius: 3px; }
.sample dl { margin: 0; min-width: 74px; }
.sample dl > div { display: flex; justify-content: space-between; gap: 10px; line-height: 1.4; }
.sample dt { color: var(--dim); font-size: 11.5px; }
.sample dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.sample > small { position: absolute; left: 8px; bottom: 3px; font-size: 10px; display: none; }
.tick-mark { color: light-dark(#00664a, #4ec9a0); margin-left: 5px; } .cross-mark { color: light-dark(#b34700, #f0925c); margin-left: 5px; }
`;var I,C,ye,Ke,se=0,nt=[],z=k,Xe=z.__b,Ge=z.__r,Je=z.diffed,Ye=z.__c,Ze=z.unmount,et=z.__;function le(e,t){z.__h&&z.__h(C,e,se||t),se=0;var n=C.__H||(C.__H={__:[],__h:[]});return e>=n.__.length&&n.__.push({}),n.__[e]}function E(e){return se=1,Ht(it,e)}function Ht(e,t,n){var i=le(I++,2);if(i.t=e,!i.__c&&(i.__=[n?n(t):it(void 0,t),function(d){var u=i.__N?i.__N[0]:i.__[0],c=i.t(u,d);u!==c&&(i.__N=[c,i.__[1]],i.__c.setState({}))}],i.__c=C,!C.__f)){var o=function(d,u,c){if(!i.__c.__H)return!0;var p=!1,g=i.__c.props!==d;if(i.__c.__H.__.some(function(m){if(m.__N){p=!0;var x=m.__[0];m.__=m.__N,m.__N=void 0,x!==m.__[0]&&(g=!0)}}),a){var l=a.call(this,d,u,c);return p?l||g:l}return!p||g};C.__f=!0;var a=C.shouldComponentUpdate,s=C.componentWillUpdate;C.componentWillUpdate=function(d,u,c){if(this.__e){var p=a;a=void 0,o(d,u,c),a=p}s&&s.call(this,d,u,c)},C.shouldComponentUpdate=o}return i.__N||i.__}function rt(e,t){var n=le(I++,3);!z.__s&&ke(n.__H,t)&&(n.__=e,n.u=t,C.__H.__h.push(n))}function U(e,t){var n=le(I++,4);!z.__s&&ke(n.__H,t)&&(n.__=e,n.u=t,C.__h.push(n))}function Q(e){return se=5,B(function(){return{current:e}},[])}function B(e,t){var n=le(I++,7);return ke(n.__H,t)&&(n.__=e(),n.__H=t,n.__h=e),n.__}function It(){for(var e;e=nt.shift();){var t=e.__H;if(e.__P&&t)try{t.__h.some(ae),t.__h.some(we),t.__h=[]}catch(n){t.__h=[],z.__e(n,e.__v)}}}z.__b=function(e){C=null,Xe&&Xe(e)},z.__=function(e,t){e&&t.__k&&t.__k.__m&&(e.__m=t.__k.__m),et&&et(e,t)},z.__r=function(e){Ge&&Ge(e),I=0;var t=(C=e.__c).__H;t&&(ye===C?(t.__h=[],C.__h=[],t.__.some(function(n){n.__N&&(n.__=n.__N),n.u=n.__N=void 0})):(t.__h.some(ae),t.__h.some(we),t.__h=[],I=0)),ye=C},z.diffed=function(e){Je&&Je(e);var t=e.__c;t&&t.__H&&(t.__H.__h.length&&(nt.push(t)!==1&&Ke===z.requestAnimationFrame||((Ke=z.requestAnimationFrame)||Ut)(It)),t.__H.__.some(function(n){n.u&&(n.__H=n.u,n.u=void 0)})),ye=C=null},z.__c=function(e,t){t.some(function(n){try{n.__h.some(ae),n.__h=n.__h.filter(function(i){return!i.__||we(i)})}catch(i){t.some(function(o){o.__h&&(o.__h=[])}),t=[],z.__e(i,n.__v)}}),Ye&&Ye(e,t)},z.unmount=function(e){Ze&&Ze(e);var t,n=e.__c;n&&n.__H&&(n.__H.__.some(function(i){try{ae(i)}catch(o){t=o}}),n.__H=void 0,t&&z.__e(t,n.__v))};var tt=typeof requestAnimationFrame=="function";function Ut(e){var t,n=function(){clearTimeout(i),tt&&cancelAnimationFrame(t),setTimeout(e)},i=setTimeout(n,35);tt&&(t=requestAnimationFrame(n))}function ae(e){var t=C,n=e.__c;typeof n=="function"&&(e.__c=void 0,n()),C=t}function we(e){var t=C;e.__c=e.__(),C=t}function ke(e,t){return!e||e.length!==t.length||t.some(function(n,i){return n!==e[i]})}function it(e,t){return typeof t=="function"?t(e):t}var de=new Map;function ot(e){return de.has(e)||de.set(e,fetch(e).then(t=>{if(!t.ok)throw new Error(`${t.status} for ${e}`);return t.json()}).catch(t=>{throw de.delete(e),t})),de.get(e)}function K(e){let[t,n]=E(null);return rt(()=>{if(!e)return n(null);let i=!0;return ot(e).then(o=>i&&n(o),()=>{}),()=>{i=!1}},[e]),t}var at={status:"unknown",mark:"?",word:"not resolved",light:"#667080",dark:"#8e98a5"};function pe(e,t){return e?.palette.statuses.find(n=>n.status===t)??at}function $e({status:e}){let t=e??at;return r("span",{class:"mark",style:{color:`light-dark(${t.light}, ${t.dark})`},title:t.word,role:"img","aria-label":t.word,children:Vt[t.mark]??t.mark})}var Vt={"\u26D3":r("svg",{viewBox:"0 0 16 16",fill:"none",stroke:"currentColor","stroke-width":"1.8","aria-hidden":"true",children:[r("rect",{x:"1.2",y:"8",width:"8",height:"5",rx:"2.5",transform:"rotate(-45 5.2 10.5)"}),r("rect",{x:"6.8",y:"3",width:"8",height:"5",rx:"2.5",transform:"rotate(-45 10.8 5.5)"})]})};var Qt=/^(sqnr|bits)(<=|>=|<|>|=|:)(-?\d+(?:\.\d+)?)$/i,Kt=/^(status|op|name|module|rule|bits|param|dtype):(.*)$/i;function st(e,t){let n=e.trim().split(/\s+/).filter(Boolean);if(!n.length)return null;let i=n.map(o=>{let a=o.length>1&&o[0]==="-",s=Xt(a?o.slice(1):o,t);return a?d=>!s(d):s});return o=>i.every(a=>a(o))}function Xt(e,t){let n=Qt.exec(e);if(n)return Gt(n[1].toLowerCase(),n[2],Number(n[3]),t);if(n=Kt.exec(e),n){let o=n[2].toLowerCase();switch(n[1].toLowerCase()){case"status":return a=>t.statuses(a).some(s=>s&&(s.status.startsWith(o)||s.word.startsWith(o)));case"op":return a=>t.op(a).toLowerCase()===o;case"name":return a=>t.name(a).toLowerCase().includes(o);case"module":return a=>t.module(a).toLowerCase().startsWith(o);case"bits":return a=>t.bits(a)===o;case"param":return a=>t.params(a).some(s=>s.toLowerCase().includes(o));case"rule":{let a=t.touched(n[2]);return s=>a.has(s)}default:break}}if(n=/^\/(.+)\/$/.exec(e),n)try{let o=new RegExp(n[1],"i");return a=>o.test(t.name(a))||o.test(t.op(a))}catch{return()=>!1}let i=e.toLowerCase();return o=>[t.name,t.op,t.module,t.also].some(a=>a(o).toLowerCase().includes(i))}function Gt(e,t,n,i){let o=e==="sqnr"?i.sqnr:s=>{let d=i.bits(s);return/^\d+$/.test(d||"")?Number(d):null},a={"<":s=>s<n,">":s=>s>n,"<=":s=>s<=n,">=":s=>s>=n,"=":s=>s===n,":":s=>s===n}[t];return s=>{let d=o(s);return d!=null&&a(d)}}function lt({count:e,rowHeight:t,row:n,focus:i,label:o,role:a="group",bodyRole:s,rows:d,header:u=null,headerHeight:c=0}){let p=Q(null),g=Q(!1),[l,m]=E({top:0,height:400}),[x,y]=E(0);U(()=>{let w=p.current,A=()=>m({top:w.scrollTop,height:w.clientHeight||400}),S=new ResizeObserver(A);return S.observe(w),A(),()=>S.disconnect()},[]);let v=(w,A)=>{let S=p.current,L=w*t,Me=S.clientHeight-c;(L<S.scrollTop||L+t>S.scrollTop+Me)&&(S.scrollTop=Math.max(0,L<S.scrollTop&&!A?L:L+t-Me+A))};U(()=>{i==null||i<0||(y(i),v(i,p.current.clientHeight/2))},[i,t]);let b=Math.min(x,e-1);U(()=>{if(!g.current)return;let w=p.current.querySelector(`[data-stop="${b}"]`);w&&(g.current=!1,w.focus({preventScroll:!0}))});let h=Math.max(1,Math.floor(l.height/t)-1),M=w=>{let A={ArrowDown:b+1,ArrowUp:b-1,PageDown:b+h,PageUp:b-h,Home:0,End:e-1}[w.key];if(A===void 0||w.ctrlKey||w.metaKey||w.altKey)return;w.preventDefault();let S=Math.min(Math.max(A,0),e-1);g.current=!0,v(S,0),y(S),m({top:p.current.scrollTop,height:p.current.clientHeight})},f=Math.max(0,Math.floor(l.top/t)-8),$=Math.min(e,Math.ceil((l.top+l.height)/t)+8),T=[];for(let w=f;w<$;w++)T.push(n(w,{tabIndex:w===b?0:-1,"data-stop":w,onFocus:()=>y(w)}));let q=b>=f&&b<$;return r("div",{class:"scroll",ref:p,role:a,"aria-label":o,"aria-rowcount":d,tabIndex:q?-1:0,onKeyDown:M,onScroll:w=>m({top:w.currentTarget.scrollTop,height:w.currentTarget.clientHeight}),children:[u,r("div",{role:s,style:{height:e*t,position:"relative"},children:r("div",{role:s&&"presentation",style:{position:"absolute",top:f*t,left:0,right:0},children:T})})]})}var dt=23;function Jt(e,t,n){let i=a=>a==null||a==="";return i(e)||i(t)?i(e)-i(t):(typeof e=="number"&&typeof t=="number"?e-t:String(e).localeCompare(String(t)))*n}function ut({columns:e,rows:t,initial:n,selected:i,onSelect:o,label:a,empty:s,narrow:d}){let[u,c]=E(n),[p,g]=E(""),[l,m]=E(!1),x=B(()=>{let f=st(p,Yt),$=f?t.filter(f):t;d&&l&&($=$.filter(d.test));let T=e.find(q=>q.key===u?.key);return T&&($=[...$].sort((q,w)=>Jt(T.value(q),T.value(w),u.direction)||q.order-w.order)),$},[t,e,u,p,l]),y=x.findIndex(f=>f.index===i),v={gridTemplateColumns:e.map(f=>f.width).join(" ")},b=f=>c($=>$?.key!==f?{key:f,direction:1}:$.direction===1?{key:f,direction:-1}:null),h=(f,$)=>{let T=x[f];return r("div",{role:"row",class:T.stale?"tr stale-figures":"tr",style:{...v,height:dt},"aria-selected":T.index===i,onClick:()=>o(T),children:e.map(q=>r("div",{role:"cell",class:q.numeric?"num":"",children:q.render(T,$)},q.key))},T.id)},M=r("div",{role:"row",class:"tr head",style:v,children:e.map(f=>r("div",{role:"columnheader",class:f.numeric?"num":"","aria-sort":u?.key===f.key?u.direction===1?"ascending":"descending":"none",children:r("button",{type:"button",title:f.hint,onClick:()=>b(f.key),children:[f.title,r("span",{class:"arrow",children:u?.key===f.key?u.direction===1?"\u25B2":"\u25BC":""})]})},f.key))});return r("div",{class:"pane table",children:[r("div",{class:"toolbar",children:[r("input",{class:"filter",type:"search",placeholder:"Filter: a name, type, status:float","aria-label":`Filter: ${a}`,value:p,onInput:f=>g(f.currentTarget.value)}),d&&r("label",{class:"narrow",children:[r("input",{type:"checkbox",checked:l,onChange:f=>m(f.currentTarget.checked)})," ",d.title]}),r("span",{class:"dim",children:x.length===t.length?pt(t.length):`${x.length} of ${pt(t.length)}`})]}),x.length?r(lt,{count:x.length,rowHeight:dt,row:h,focus:y,label:a,role:"table",bodyRole:"rowgroup",rows:x.length+1,header:M,headerHeight:26}):r("p",{class:"empty",children:t.length?Zt(p):s})]})}var Yt={name:e=>e.node.name,op:e=>e.node.op_type,module:e=>e.node.module??"",also:e=>e.search,statuses:e=>e.statuses,bits:e=>e.bits,sqnr:e=>e.decibels,params:e=>e.node.params??[],touched:()=>new Set},Zt=e=>/(^|\s)-?rule:/i.test(e)?"What a rule touches is found by the graph's search.":"No row is found by that.",pt=e=>e===1?"1 row":`${e} rows`;var H=e=>t=>t.result?.q?.[e]??null,ct=e=>e==null?r("span",{class:"dim",children:"\u2013"}):e.toFixed(1),nr=[{key:"own",title:"Own, dB",width:"76px",numeric:!0,hint:"Signal to the noise of this tensor's own quantizer, no other acting",value:H(0),render:e=>ct(H(0)(e))},{key:"clipping",title:"Clipping",width:"76px",numeric:!0,hint:"Share of that noise from outside the range: what a wider range would cure; the rest is rounding",value:H(1),render:e=>H(1)(e)==null?r("span",{class:"dim",children:"\u2013"}):`${(H(1)(e)*100).toFixed(1)} %`},{key:"finer",title:"1 bit, dB",width:"76px",numeric:!0,hint:"What one more bit would gain at the same range",value:H(3),render:e=>ct(H(3)(e))}];function ft({rows:e,table:t,letters:n,selected:i,marked:o,choose:a,explained:s}){let d=B(()=>en(t,n,s),[t,n.join(),s]),u=o.size?e.filter(c=>o.has(c.node.name)):e;return r("div",{class:"layer-table",children:r(ut,{columns:d,rows:u,initial:s?{key:"share",direction:-1}:{key:"delta",direction:1},selected:i,label:"Layers, both sides",narrow:{title:"of another status",test:c=>c.status[0]!==c.status[1]},empty:"Neither run has a figure.",onSelect:a})})}function en(e,[t,n],i){let o=Math.max(...(i?.layers??[]).map(p=>p.share),1e-9),a=new Map((i?.layers??[]).map(p=>[p.tensor,p])),s=i?.measure==="sensitivity"?`Its part of the difference in noise at the outputs, each layer's own quantizers alone: ${n} against ${t}; signs left aside`:"Its part of the difference in noise of layers' own quantizers, each relative to its signal: an indication",d=p=>p==null?r("span",{class:"dim",children:"\u2013"}):p.toFixed(1),u=(p,g)=>pe(e,p.status[g]),c=(p,g)=>({key:`status${p}`,title:g,width:"24px",hint:`Status in ${g}`,value:l=>u(l,p).word,render:l=>r("span",{class:l.status[0]===l.status[1]?"same":"",children:l.status[p]&&r($e,{status:u(l,p)})})});return[{key:"order",title:"#",width:"30px",numeric:!0,hint:"Position in the model",value:p=>p.order,render:p=>r("span",{class:"dim",children:p.order+1})},{key:"node",title:"Node",width:"minmax(84px, 2.2fr)",value:p=>p.node.name,render:(p,g)=>r("button",{type:"button",class:"cell-link",title:p.node.name,...g,children:p.node.name})},{key:"type",title:"Type",width:"minmax(52px, .9fr)",value:p=>p.node.op_type,render:p=>p.node.op_type},c(0,t),c(1,n),{key:"a",title:`${t}, dB`,width:"48px",numeric:!0,hint:`SQNR of ${t}`,value:p=>p.db[0],render:p=>d(p.db[0])},{key:"b",title:`${n}, dB`,width:"48px",numeric:!0,hint:`SQNR of ${n}`,value:p=>p.db[1],render:p=>d(p.db[1])},{key:"delta",title:`${n} \u2212 ${t}`,width:"56px",numeric:!0,hint:"Difference of SQNR in dB",value:p=>p.delta,render:p=>r(W,{value:p.delta})},...i?[{key:"share",title:"explains",width:"64px",numeric:!0,hint:s,value:p=>a.get(p.id)?.share??null,render:p=>r(tn,{part:a.get(p.id),most:o})}]:[]]}function tn({part:e,most:t}){if(!e||e.share<5e-4)return r("span",{class:"dim",children:"\u2013"});let n=e.difference<0;return r("span",{class:"explains",title:n?"less noise":"more noise",children:[r("i",{style:{width:`${e.share/t*100}%`},class:n?"":"against"}),r("b",{class:n?"better":"worse",children:n?"\u2212":"+"}),r("b",{children:[e.share<.095?(e.share*100).toFixed(1):Math.round(e.share*100)," %"]})]})}var _={left:30,right:8,top:8,bottom:22};function mt(){let e=Q(null),[t,n]=E([0,0]);return U(()=>{let i=new ResizeObserver(([o])=>n([o.contentRect.width,o.contentRect.height]));return i.observe(e.current),()=>i.disconnect()},[]),[e,t]}function gt(e){let t=e.flatMap(i=>i.db).filter(i=>i!=null);if(!t.length)return[0,60];let n=Math.floor(Math.min(...t)/10)*10;return[n,Math.max(Math.ceil(Math.max(...t)/10)*10,n+10)]}var xt=([e,t])=>{let n=t-e>60?20:10;return Array.from({length:Math.floor((t-e)/n)+1},(i,o)=>e+o*n)};function _t(e,t,n,i){let o={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[e.key];if(!o)return;e.preventDefault();let a=t.findIndex(s=>s.index===n);i(t[Math.min(Math.max(a+o,0),t.length-1)])}function bt(e,t){let n=t.map((i,o)=>e.db[o]==null?"":`${i} ${e.db[o].toFixed(1)}`);return`${e.node.name}: ${n.filter(Boolean).join(", ")} dB${e.delta==null?"":`, ${F(e.delta)}`}`}function vt({rows:e,letters:t,selected:n,marked:i,choose:o}){let[a,[s,d]]=mt(),[u,c]=E(null),[p,g]=t,l=e.filter(h=>h.delta!=null),m=gt(l),x=Math.max(Math.min(s-_.left-_.right,d-_.top-_.bottom),0),y=h=>(h-m[0])/(m[1]-m[0])*x,v=h=>[_.left+y(h.db[0]),_.top+x-y(h.db[1])],b=u??l.find(h=>h.index===n);return r("figure",{class:"plot-box","aria-label":`SQNR of every layer, ${p} across, ${g} up`,children:[r("figcaption",{children:[r("b",{children:[g," against ",p]})," ",r("span",{class:"dim",children:b?bt(b,t):`dB; above the line ${g} is better`})]}),r("div",{class:"plot-area",ref:a,children:r("svg",{width:s,height:d,tabindex:"0",role:"application","aria-label":`Scatter of ${l.length} layers. Arrow keys walk along them.`,onKeyDown:h=>_t(h,l,n,o),onMouseLeave:()=>c(null),onMouseMove:h=>c(ht(h,l,v,18)),onClick:h=>o(ht(h,l,v,18)),children:[xt(m).map(h=>r("g",{class:"tick",children:[r("line",{x1:_.left,x2:_.left+x,y1:_.top+x-y(h),y2:_.top+x-y(h)}),r("line",{x1:_.left+y(h),x2:_.left+y(h),y1:_.top,y2:_.top+x}),r("text",{x:_.left-4,y:_.top+x-y(h)+3.5,"text-anchor":"end",children:h}),r("text",{x:_.left+y(h),y:_.top+x+12,"text-anchor":"middle",children:h})]},h)),r("line",{class:"diagonal",x1:_.left,y1:_.top+x,x2:_.left+x,y2:_.top}),l.map(h=>{let[M,f]=v(h),$=i.size>0&&!i.has(h.node.name);return r("circle",{cx:M,cy:f,r:$?2:3.5,class:`dot ${N(h.delta>0?g:p)}${$?" dimmed":""}${Math.abs(h.delta)<.05?" even":""}`},h.id)}),b&&r("circle",{class:"ring",cx:v(b)[0],cy:v(b)[1],r:"6.5"}),r("text",{class:"axis-name",x:_.left+x,y:_.top+x+21,"text-anchor":"end",children:[p,", dB"]}),r("text",{class:"axis-name",x:_.left+4,y:_.top+9,children:[g,", dB"]})]})})]})}function ht(e,t,n,i){let o=e.currentTarget.getBoundingClientRect(),[a,s]=[e.clientX-o.left,e.clientY-o.top],d=null,u=i*i;for(let c of t){let[p,g]=n(c),l=(p-a)**2+(g-s)**2;l<u&&([d,u]=[c,l])}return d}function yt({rows:e,letters:t,selected:n,marked:i,choose:o}){let[a,[s,d]]=mt(),[u,c]=E(null),[p,g]=t,l=gt(e),m=Math.max(s-_.left-_.right,0),x=Math.max(d-_.top-_.bottom,0),y=f=>_.left+m*(f+.5)/Math.max(e.length,1),v=f=>_.top+x-(f-l[0])/(l[1]-l[0])*x,b=f=>{let $=f.clientX-f.currentTarget.getBoundingClientRect().left-_.left;return e[Math.min(Math.max(Math.floor($/m*e.length),0),e.length-1)]},h=f=>nn(e,$=>$.db[f],y,v),M=u??e.find(f=>f.index===n);return r("figure",{class:"plot-box depth","aria-label":"SQNR of both along depth",children:[r("figcaption",{children:[r("b",{children:"Along depth"}),r("span",{class:`key ${N(p)}`,children:[r("svg",{width:"20",height:"8","aria-hidden":"true",children:r("line",{x1:"0",x2:"20",y1:"4",y2:"4",class:"curve"})}),p]}),r("span",{class:`key ${N(g)}`,children:[r("svg",{width:"20",height:"8","aria-hidden":"true",children:r("line",{x1:"0",x2:"20",y1:"4",y2:"4",class:"curve second"})}),g]}),r("span",{class:"dim",children:M&&M.db.some(f=>f!=null)?bt(M,t):"dB, first layer to last"})]}),r("div",{class:"plot-area",ref:a,children:r("svg",{width:s,height:d,tabindex:"0",role:"application","aria-label":`SQNR along depth, ${e.length} layers. Arrow keys walk along them.`,onKeyDown:f=>_t(f,e,n,o),onMouseLeave:()=>c(null),onMouseMove:f=>e.length&&c(b(f)),onClick:f=>e.length&&o(b(f)),children:[xt(l).map(f=>r("g",{class:"tick",children:[r("line",{x1:_.left,x2:_.left+m,y1:v(f),y2:v(f)}),r("text",{x:_.left-4,y:v(f)+3.5,"text-anchor":"end",children:f})]},f)),e.filter(f=>f.delta!=null).map(f=>r("line",{class:`gap ${N(f.delta>0?g:p)}${i.size&&!i.has(f.node.name)?" dimmed":""}`,x1:y(f.order),x2:y(f.order),y1:v(f.db[0]),y2:v(f.db[1]),style:{strokeWidth:Math.max(Math.min(m/e.length-1,12),.6)}},f.id)),r("path",{class:`curve ${N(p)}`,d:h(0)}),r("path",{class:`curve second ${N(g)}`,d:h(1)}),M&&r("line",{class:"here",x1:y(M.order),x2:y(M.order),y1:_.top,y2:_.top+x}),r("text",{class:"axis-name",x:_.left,y:d-6,children:"input"}),r("text",{class:"axis-name",x:_.left+m,y:d-6,"text-anchor":"end",children:"output"})]})})]})}function nn(e,t,n,i){let o="",a="M";for(let s of e){let d=t(s);if(d==null){a="M";continue}o+=`${a}${n(s.order).toFixed(1)} ${i(d).toFixed(1)}`,a="L"}return o}var rn=["second","first","neither","other"];function wt({rows:e,letters:t,metric:n,empty:i}){if(!e.length)return r("p",{class:"empty",children:i});let[o,a]=t,s={second:[],first:[],neither:[],other:[]};for(let u of e)s[on(u)].push(u);let d={second:`Only ${a} is right`,first:`Only ${o} is right`,neither:"Both are wrong, differently",other:`${n?.name??"Scores"} differ most`};return r("div",{class:"scroll samples",children:rn.filter(u=>s[u].length).map(u=>r("section",{"aria-label":d[u],children:[r("h3",{children:[d[u],r("span",{class:"count",children:s[u].length})]}),r("ul",{children:s[u].map(c=>r(an,{row:c,letters:t},c.sample))})]},u))})}function on({hits:e}){return e[0]==null?"other":e[0]===e[1]?"neither":e[1]?"second":"first"}function an({row:e,letters:t}){let[n,i]=e.pair;return r("li",{class:"sample",children:[e.image?r("img",{src:e.image,alt:e.label==null?`Sample ${e.sample}`:`Sample ${e.sample}, labelled ${e.label}`}):r("span",{class:"no-image",children:["#",e.sample]}),r("dl",{children:[e.label!=null&&r(X,{title:"label",value:e.label}),r(X,{title:"float",value:e.float,right:e.float_right}),r(X,{letter:t[0],value:n,right:e.hits[0]}),r(X,{letter:t[1],value:i,right:e.hits[1]}),e.hits[0]==null&&r(X,{title:"difference",value:F(i-n,4)})]}),r("small",{class:"dim",children:["#",e.sample]})]})}function X({title:e,letter:t,value:n,right:i}){let o=typeof n=="number"&&!Number.isInteger(n)?n.toPrecision(3):n;return r("div",{class:t?N(t):"",children:[r("dt",{children:t?r(O,{letter:t,small:!0}):e}),r("dd",{class:i===!1?"wrong":"",children:[o,i!=null&&r("span",{class:i?"tick-mark":"cross-mark",role:"img","aria-label":i?"right":"wrong",children:i?"\u2713":"\u2717"})]})]})}function $t({data:e,send:t}){let n=K(e.table),i=K(e.results),o=K(e.explaining),[a,s]=E("layers"),d=B(()=>ln(n,i,e.columns),[n,i,e.columns?.join()]),u=B(()=>new Set(e.marked??[]),[e.marked]),c=B(()=>i&&e.columns?dn(i,e.columns):[],[i,e.columns?.join()]);if(!n)return r("p",{class:"empty",children:"Reading the model."});let p=l=>l&&t("select",{node:l.node.name}),g={rows:d,letters:e.letters,selected:e.selected,marked:u,choose:p};return r("div",{class:`pane evidence${e.stale?" stale-figures":""}`,children:[r("div",{class:"tabs",role:"tablist","aria-label":"Evidence",children:[r(kt,{id:"layers",view:a,setView:s,children:"Layers"}),r(kt,{id:"samples",view:a,setView:s,children:["Samples they disagree on",r("span",{class:"count",children:c.length})]}),r("span",{class:"tabs-note dim",children:o&&a==="layers"?sn(o):""})]}),a==="layers"?i&&e.columns?r("div",{class:"evidence-body",children:[r(ft,{...g,table:n,explained:o},o?.measure??"plain"),r(vt,{...g}),r(yt,{...g})]}):r("p",{class:"empty",children:e.empty}):r(wt,{rows:c,letters:e.letters,metric:i?.metric,empty:i?e.no_samples:e.empty})]})}function sn({measure:e,layers:t,samples:n}){let i=t.findIndex(a=>a.cumulative_share>=.5)+1,o=e==="sensitivity"?`noise at the output, each layer alone on ${n} samples`:"layers' own noise";return i?`${i} layer${i===1?"":"s"} explain${i===1?"s":""} half of the difference in ${o}`:""}function kt({id:e,view:t,setView:n,children:i}){return r("button",{type:"button",role:"tab","aria-selected":t===e,onClick:()=>n(e),children:i})}function ln(e,t,n){if(!e||!t||!n)return[];let i=new Map(e.nodes.map((o,a)=>[o.name,a]));return t.layers.map((o,a)=>{let s=i.get(o.node),d=e.nodes[s]??{name:o.node,op_type:""},u=n.map(g=>g==null?null:o.sqnr_db[g]),c=n.map(g=>g==null?null:o.status[g]),p=u.filter(g=>g!=null);return{id:o.tensor,index:s,node:d,order:a,db:u,status:c,delta:u[0]==null||u[1]==null?null:u[1]-u[0],statuses:c.map(g=>pe(e,g)),decibels:p.length?Math.min(...p):null,search:`${o.node} ${d.op_type} ${o.tensor} ${c.join(" ")}`.toLowerCase()}})}function dn(e,t){return(t[0]===0&&e.metric?.disagreeing?.[t[1]]||[]).map(i=>({...i,pair:i.predictions??i.scores,hits:i.right??[null,null],image:e.pictures?.[i.sample],float_right:i.label==null?null:i.float===i.label}))}function Mt({data:e,send:t}){let[n,i]=E(""),o=n.trim().toLowerCase(),a=o?e.rows.filter(s=>`${s.title} ${s.reference} ${s.hint}`.toLowerCase().includes(o)):e.rows;return r("div",{class:"pane sides",children:[r("section",{class:"chosen","aria-label":"Compared",children:[e.sides.map(s=>r(pn,{side:s,send:t,beside:s.letter===e.other,more:e.sides.length>2},s.letter)),e.sides.length>1&&r("button",{type:"button",class:"link swap",onClick:()=>t("swap"),children:["Swap A and ",e.other]})]}),r("div",{class:"offered-head",children:[r("h2",{children:"Configurations"}),r("span",{class:"dim",children:"press A, then B"})]}),r("input",{class:"filter",type:"search",placeholder:"Filter","aria-label":"Filter configurations",value:n,onInput:s=>i(s.currentTarget.value)}),r("ul",{class:"scroll offered","aria-label":"Configurations to compare",children:[a.map(s=>r(cn,{row:s,next:e.next,send:t},s.reference)),a.length===0&&r("li",{class:"empty",children:"None holds that text."})]})]})}function pn({side:e,send:t,beside:n,more:i}){let{letter:o,name:a,note:s,problem:d}=e;return r("div",{class:`side ${N(o)}${d?" refused":""}`,children:[r(O,{letter:o}),r("div",{class:"side-text",children:[i&&o!=="A"?r("button",{type:"button",class:"link name","aria-pressed":n,title:`Set ${a} beside A in detail`,onClick:()=>t("beside",{letter:o}),children:a}):r("span",{class:"name",title:a,children:a}),s&&r("small",{children:s}),d&&r("small",{class:"problem-text",role:"alert",children:d})]}),r("button",{type:"button",class:"quiet","aria-label":`Edit ${o}, ${a}`,title:"Edit it here",onClick:()=>t("edit_side",{letter:o}),children:"\u270E"}),r("button",{type:"button",class:"quiet","aria-label":`Take ${o} out`,title:"Take it out",onClick:()=>t("drop",{letter:o}),children:"\xD7"})]})}function cn({row:e,next:t,send:n}){let i=e.letters,o=i.filter(s=>s>"B"),a=s=>n(i.includes(s)?"drop":"assign",{letter:s,reference:e.reference});return r("li",{class:e.kind==="heading"?"heading":"offer-row",title:e.hint,children:[r("span",{class:"name",children:e.title}),e.kind!=="heading"&&r("span",{class:"switches",role:"group","aria-label":e.title,children:[["A","B"].map(s=>r("button",{type:"button",class:`switch ${N(s)}`,"aria-pressed":i.includes(s),"aria-label":`${e.title} as ${s}`,onClick:()=>a(s),children:s},s)),o.map(s=>r("button",{type:"button",class:`switch ${N(s)}`,"aria-pressed":"true","aria-label":`${e.title} as ${s}`,onClick:()=>n("drop",{letter:s}),children:s},s)),o.length===0&&r("button",{type:"button",class:"switch plus",disabled:!t,"aria-label":`${e.title} as a further side`,title:t?`As ${t}, besides the others`:"Six sides are the most",onClick:()=>n("assign",{letter:"+",reference:e.reference}),children:"+"})]})]})}var un={better:"\u25B2",worse:"\u25BC",alike:"=",unclear:"?",refused:"!",none:""};function St({data:e,send:t}){return r("div",{class:`verdict${e.stale?" stale":""}`,children:[r("div",{class:"answer","aria-live":"polite",children:[r("h1",{class:e.tone,children:[r("span",{class:"tone-mark","aria-hidden":"true",children:un[e.tone]??""}),e.headline]}),e.lines.map(n=>r("p",{children:n},n)),r("p",{class:"caption-line",children:[e.busy&&r("span",{class:"busy",children:[e.busy," ",r("button",{type:"button",class:"link",onClick:()=>t("stop"),children:"stop"})]}),e.caption&&r("small",{children:e.caption}),r(fn,{data:e,send:t})]})]}),r(hn,{data:e})]})}function fn({data:e,send:t}){return r("label",{class:"metric-choice",children:["accuracy",r("select",{value:e.asked,onChange:n=>t("metric",{name:n.currentTarget.value}),children:[r("option",{value:"",children:"as the labels suit"}),e.metrics.map(n=>r("option",{value:n,children:n},n))]})]})}function hn({data:e}){let{rows:t,metric:n}=e,i=gn(t);return t.length?r("div",{class:`figures${t.length>4?" many":""}`,children:r("table",{children:[r("thead",{children:r("tr",{children:[r("th",{scope:"col",children:"Side"}),n&&r("th",{scope:"col",class:"num",title:n.hint,children:n.title}),n&&r("th",{scope:"col",class:"num",title:n.difference_hint,children:"against A"}),n&&r("th",{scope:"col",class:"forest-head",title:n.interval_hint,children:[n.interval_title,i&&r(xn,{span:i,scale:n.scale})]}),n&&i&&r("th",{scope:"col",class:"num interval",title:n.interval_hint,children:n.interval_title}),n&&r("th",{scope:"col",class:"num",title:n.test_hint,children:"p"}),r("th",{scope:"col",class:"num",title:"Signal to quantization noise at the model's outputs, powers added",children:"output SQNR"}),r("th",{scope:"col",class:"num",children:"against A"})]})}),r("tbody",{children:t.map(o=>r("tr",{class:`${N(o.letter)}${o.stale?" stale-row":""}${o.beside?" beside":""}`,children:[r("th",{scope:"row",children:r("span",{class:"side-name",children:[o.letter==="float"?r("span",{class:"letter float small","aria-hidden":"true",children:"\u0192"}):r(O,{letter:o.letter,small:!0}),r("span",{class:"name",title:o.name,children:o.name})]})}),o.problem?r("td",{colSpan:n?7:2,class:"refusal-cell",children:r("span",{title:o.problem,children:o.problem})}):r(D,{children:[n&&r("td",{class:"num strong",children:o.value??"\u2013"}),n&&r("td",{class:"num",children:o.difference==null?"":r(W,{value:o.difference*n.scale,digits:n.digits,unit:n.unit,good:n.good})}),n&&r("td",{class:"forest-cell",children:o.same?r("span",{class:"dim",children:o.same}):o.interval&&r(vn,{row:o,span:i,metric:n})}),n&&i&&r("td",{class:"num interval",children:o.same??(o.interval&&mn(o,n))}),n&&r("td",{class:"num",children:o.p??""}),r("td",{class:"num",children:o.sqnr??""}),r("td",{class:"num",children:o.sqnr_delta==null?"":r(W,{value:o.sqnr_delta,unit:" dB"})})]})]},o.letter))})]})}):r("div",{class:"figures"})}var mn=(e,t)=>e.interval.map(n=>Number.isFinite(n)?F(n*t.scale,t.digits):"\u221E").join(" \u2026 ");function gn(e){let t=e.flatMap(n=>n.interval??[]).map(Math.abs).filter(Number.isFinite);return t.length?Math.max(...t)*1.08||1:null}var G=168,ce=(e,t)=>(e+t)/(2*t)*G;function xn({span:e,scale:t}){let n=_n(e*t)/t;return r("svg",{class:"axis",width:G,height:"13","aria-hidden":"true",children:[-n,0,n].map(i=>r("text",{x:ce(i,e),y:"10","text-anchor":i<0&&i<=-e*.9?"start":i>=e*.9?"end":"middle",children:i===0?"0":F(i*t,bn(n*t))},i))})}var _n=e=>{let t=10**Math.floor(Math.log10(e));return[5,2,1].map(n=>n*t).find(n=>n<=e)??t},bn=e=>e>=1?0:Math.min(4,Math.ceil(-Math.log10(e)));function vn({row:e,span:t,metric:n}){let[i,o]=e.interval.map(c=>Number.isFinite(c)?c:Math.sign(c)*t),[a,s]=[ce(i,t),ce(o,t)],d=ce(e.difference,t),u=`${F(e.difference*n.scale,n.digits)}${n.unit}, between ${F(i*n.scale,n.digits)} and ${F(o*n.scale,n.digits)}`;return r("svg",{class:"forest",width:G,height:"18",role:"img","aria-label":u,children:[r("title",{children:u}),r("line",{class:"zero",x1:G/2,x2:G/2,y1:"0",y2:"18"}),r("line",{class:"reach",x1:a,x2:s,y1:"9",y2:"9"}),r("line",{class:"reach",x1:a,x2:a,y1:"5",y2:"13"}),r("line",{class:"reach",x1:s,x2:s,y1:"5",y2:"13"}),r("rect",{class:"point",x:d-4,y:"5",width:"8",height:"8"})]})}var yn={sides:Mt,verdict:St,causes:Ue,evidence:$t};function jr(e){let{part:t,cleanup:n}=He(e,wn);t.channel.update(e);let i=e.data??{},o=yn[i.kind];return We(r(o,{data:i,send:t.channel.send}),t.holder),n}function wn(){let e=document.createElement("div");e.className="part";let t=document.createElement("style");t.textContent=Ie+Qe;let n=document.createElement("div");return n.className="holder",e.append(t,n),{element:e,holder:n,channel:je()}}export{jr as default};
