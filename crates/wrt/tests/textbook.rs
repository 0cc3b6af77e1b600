//! Derivatives beside those of textbooks: what is printed, and how long it is.

use wrt::session::{DerivativeKind, Form, Request, Scope, Session, assumption};
use wrt_core::Assumptions;

/// A formula with the shapes of its names, what is assumed of them, a kind of derivative with its variable, and what is
/// printed of it.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const PRINTED: &[Row] = &[
    // Terms that mean something each stay apart, in the order of their names; a matrix and its transpose together.
    ("sum((X@w - y)^2) + l*sum(w^2)", "X[m,n], w[n], y[m]", "", "gradient w", "2*X' @ (X @ w - y) + 2*l*w"),
    ("x'@A@x/2 - b'@x", "A[n,n], x[n], b[n]", "", "gradient x", "(A + A') @ x/2 - b"),
    ("w'@S@w - l*(sum(w) - 1)", "S[n,n], w[n]", "", "gradient w", "(S + S') @ w - l"),
    ("sum((y - X@w)^2)", "X[m,n], w[n], y[m]", "", "gradient y", "2*(y - X @ w)"),
    ("dot(x, y)/(norm2(x)*norm2(y))", "x[n], y[n]", "", "gradient x", "y/(norm2(x)*norm2(y)) - (x' @ y)*x/(norm2(x)^3*norm2(y))"),
    // Constants and divisors in front, the person's a - 1 together, exponentials as long as the rest last.
    ("b^a*x^(a-1)*exp(-b*x)/gamma(a)", "", "", "gradient x", "b^a/gamma(a)*x^(a - 2)*exp(-b*x)*(a - 1 - b*x)"),
    ("gamma(a+b)/(gamma(a)*gamma(b))*x^(a-1)*(1-x)^(b-1)", "", "", "gradient x", "gamma(a + b)/(gamma(a)*gamma(b))*x^(a - 2)*(1 - x)^(b - 2)*(a - 1 - (a + b - 2)*x)"),
    ("exp(-(log(x)-m)^2/(2*s^2))/(x*s*sqrt(2*pi))", "", "", "gradient x", "(m - log(x) - s^2)/(x^2*s^3*sqrt(2*pi))*exp(-(log(x) - m)^2/(2*s^2))"),
    ("exp((a*(z + y))^4)", "", "", "gradient z", "4*a*(a*(z + y))^3*exp((a*(z + y))^4)"),
    ("A*exp(-E/(R*T))", "", "", "gradient T", "A*E/(R*T^2)*exp(-E/(R*T))"),
    // What all terms have stands outside; no fractions within a fraction.
    ("C*(exp(-a*t) - exp(-b*t))", "", "", "gradient t", "C*(b*exp(-b*t) - a*exp(-a*t))"),
    ("C/exp(a*t) + C/exp(b*t)", "", "", "gradient t", "-C*(a*exp(-a*t) + b*exp(-b*t))"),
    ("k*log(p) + (n - k)*log(1 - p)", "", "", "gradient p", "(k - n*p)/(p*(1 - p))"),
    // The text's quotient before a bracket, names together, and each term where the one is that it comes from.
    ("F*D*a/(V*(a - k))*(exp(-k*t) - exp(-a*t))", "", "", "gradient t", "F*D*a/(V*(a - k))*(a*exp(-a*t) - k*exp(-k*t))"),
    ("3*N*h*w/(exp(h*w/(k*T)) - 1)", "", "", "gradient T", "3*N*k*(h*w/(k*T))^2*exp(h*w/(k*T))/(exp(h*w/(k*T)) - 1)^2"),
    ("r*cos(q) + sqrt(l^2 - r^2*sin(q)^2)", "", "", "gradient q", "-r*sin(q) - r^2*cos(q)*sin(q)/sqrt(l^2 - r^2*sin(q)^2)"),
    // A person's sum of fractions stays such, rather than a fraction within one.
    ("L^2/(2*m*r^2) - G*M*m/r", "", "", "gradient r", "G*M*m/r^2 - L^2/(m*r^3)"),
    ("log(r/a)/(2*pi*k*L) + 1/(2*pi*r*h*L)", "", "", "gradient r", "(1/(k*r) - 1/(r^2*h))/(2*pi*L)"),
    ("log(sum(exp(A @ x + b)))", "A[m,n], x[n], b[m]", "", "gradient x", "A' @ softmax(A @ x + b)"),
    ("1/tanh(x)", "", "", "gradient x", "-1/sinh(x)^2"),
    ("1/tanh(x) - 1/x", "", "", "gradient x", "1/x^2 - 1/sinh(x)^2"),
    // The text's quotients and roots of products stay together.
    ("4*pi*(m/(2*pi*k*T))^(3/2)*v^2*exp(-m*v^2/(2*k*T))", "", "m > 0, k > 0, T > 0", "gradient v", "4*pi*v*(m/(2*pi*k*T))^(3/2)*exp(-m*v^2/(2*k*T))*(2 - m*v^2/(k*T))"),
    ("sum((y - tanh(W@x))^2)/2", "W[m,n], x[n], y[m]", "", "gradient W", "-outer((y - tanh(W @ x))*(1 - tanh(W @ x)^2), x)"),
    // The text's root of a quotient, and its sum of fractions under a root.
    ("m*c^2/sqrt(1 - v^2/c^2)", "", "c > 0", "gradient v", "m*v/(1 - v^2/c^2)^(3/2)"),
    ("sqrt(g*k*h)", "", "g > 0, k > 0, h > 0", "gradient k", "sqrt(g*h/k)/2"),
    // The text's terms in its order, a positive one first, and sums of fractions as such.
    ("R*T/(V - b) - a/V^2", "", "", "gradient V", "2*a/V^3 - R*T/(V - b)^2"),
    ("log(k) - k*log(l) + (k-1)*log(x) - (x/l)^k", "", "", "gradient k", "1/k - log(l) + log(x) - (x/l)^k*log(x/l)"),
    ("4*e*((s/r)^12 - (s/r)^6)", "", "", "gradient r", "24*e/r*((s/r)^6 - 2*(s/r)^12)"),
    ("1/sqrt(1 + (w*R*C)^2)", "", "", "gradient w", "-w*(R*C)^2/(1 + (w*R*C)^2)^(3/2)"),
    // Quotients of arrays over bars of their own; a product of a vector with itself and a difference as they were written.
    ("(x'@A@x)/(x'@x)", "A[n,n], x[n]", "", "gradient x", "(A + A') @ x/(x' @ x) - 2*(x' @ A @ x)*x/(x' @ x)^2"),
    ("m'@w/sqrt(w'@S@w)", "m[n], w[n], S[n,n]", "", "gradient w", "m/sqrt(w' @ S @ w) - (m' @ w)*(S + S') @ w/(2*(w' @ S @ w)^(3/2))"),
    ("norm2(x)", "x[n]", "", "hessian x", "eye(n)/norm2(x) - outer(x, x)/norm2(x)^3"),
    ("sum((A - U @ V')^2) + l*sum(U^2)", "A[m,n], U[m,k], V[n,k]", "", "gradient U", "-2*(A - U @ V') @ V + 2*l*U"),
    ("exp(-norm2(x-c)^2/(2*s^2))", "x[n], c[n]", "", "gradient x", "exp(-norm2(x - c)^2/(2*s^2))*(c - x)/s^2"),
    // What is there twice keeps nothing together.
    ("softmax(x) @ (x + x)", "x[n]", "", "gradient x", "2*softmax(x)*(x - x' @ softmax(x) + 1)"),
    // Symbolic exponents over products.
    ("(x*y)^n", "", "", "hessian x", "n*(n - 1)*y^2*(x*y)^(n - 2)"),
    ("k/l*(x/l)^(k-1)*exp(-(x/l)^k)", "", "", "gradient x", "k/l^2*(x/l)^(k - 2)*exp(-(x/l)^k)*(k - 1 - k*(x/l)^k)"),
    ("k/l*(x/l)^(k-1)*exp(-(x/l)^k)", "", "", "gradient l", "k^2/l^2*(x/l)^(k - 1)*exp(-(x/l)^k)*((x/l)^k - 1)"),
    ("gamma((v+1)/2)/(sqrt(v*pi)*gamma(v/2))*(1+x^2/v)^(-(v+1)/2)", "", "", "gradient x", "-(v + 1)*x*gamma((v + 1)/2)/(sqrt(pi)*v^(3/2)*gamma(v/2))*(1 + x^2/v)^(-(v + 3)/2)"),
    ("(b/a)*(x/a)^(b-1)/(1+(x/a)^b)^2", "", "", "gradient x", "b/a^2*(x/a)^(b - 2)*(b - 1 - (b + 1)*(x/a)^b)/(1 + (x/a)^b)^3"),
    ("A*K^a*L^b", "", "", "gradient K", "A*a*K^(a - 1)*L^b"),
    ("A*K^a*L^b", "", "", "hessian K", "A*a*(a - 1)*K^(a - 2)*L^b"),
    ("A*K^a*L^(1-a)", "", "", "hessian L", "-A*a*(1 - a)*K^a*L^(-a - 1)"),
    ("A*K^a*L^(1-a)", "", "", "gradient L", "A*(1 - a)*K^a*L^(-a)"),
    ("a*x^(-n)", "", "", "gradient x", "-a*n*x^(-n - 1)"),
    ("(a*x^r + (1 - a)*y^r)^(1/r)", "", "", "gradient x", "a*x^(r - 1)*(a*x^r + (1 - a)*y^r)^(1/r - 1)"),
    ("a*m^a/x^(a+1)", "", "", "gradient m", "a^2*m^(a - 1)/x^(a + 1)"),
    ("a*m^a/x^(a+1)", "", "", "gradient x", "-a*(a + 1)*m^a/x^(a + 2)"),
    ("log(x/y)^n", "", "", "hessian x", "n/x^2*log(x/y)^(n - 2)*(n - log(x/y) - 1)"),
    // Hessians and tensors.
    ("(x'@A@x)^2", "A[n,n], x[n]", "A symmetric", "hessian x", "4*((x' @ A @ x)*A + 2*outer(A @ x, A @ x))"),
    ("exp(x'@A@x/2)", "A[n,n], x[n]", "A symmetric", "hessian x", "exp(x' @ A @ x/2)*(A + outer(A @ x, A @ x))"),
    ("(x'@A@x)/(x'@x)", "A[n,n], x[n]", "A symmetric", "hessian x", "2*((x' @ A @ x)*(4*outer(x, x) - (x' @ x)*eye(n)) + (x' @ x)*((x' @ x)*A - 2*outer(x, A @ x) - 2*outer(A @ x, x)))/(x' @ x)^3"),
    ("sum((x+x-y)^2)", "x[n], y[n]", "", "gradient x", "4*(2*x - y)"),
    ("sum((1+1)*x)", "x[n]", "", "gradient x", "2*ones(n)"),
    ("softmax(x)", "x[n]", "", "jacobian x", "diag(softmax(x)) - outer(softmax(x), softmax(x))"),
    ("logsumexp(x)", "x[n]", "", "hessian x", "diag(softmax(x)) - outer(softmax(x), softmax(x))"),
    ("x[0]*x[2]", "x[3]", "", "gradient x", "[x[2], 0, x[0]]"),
    ("x[0]^2*x[1]", "x[2]", "", "hessian x", "[[2*x[1], 2*x[0]], [2*x[0], 0]]"),
    ("(1-x[0])^2 + 100*(x[1]-x[0]^2)^2", "x[2]", "", "hessian x", "[[2*(1 + 600*x[0]^2 - 200*x[1]), -400*x[0]], [-400*x[0], 200]]"),
    ("A[0,0]*A[1,1] - A[0,1]*A[1,0]", "A[2,2]", "", "gradient A", "[[A[1][1], -A[1][0]], [-A[0][1], A[0][0]]]"),
    ("[x[0]*x[1], x[0]+x[2]]", "x[3]", "", "jacobian x", "[[x[1], x[0], 0], [1, 0, 1]]"),
    ("sum(batch_norm(X))", "X[m,n]", "", "gradient X", "zeros(m, n)"),
    ("A @ X @ B", "A[p,m], X[m,n], B[n,q]", "", "jacobian X", "A[i,k]*B[l,j]"),
    // Magnitudes and roots.
    ("log(abs(x))", "", "", "gradient x", "1/x"),
    ("x*sign(x)/abs(x)", "", "", "gradient x", "0"),
    ("sqrt(x^2*y^2)", "", "", "gradient x", "x*abs(y)/abs(x)"),
    ("sqrt(2*g*h)", "", "", "gradient h", "g/sqrt(2*g*h)"),
    ("sqrt(2*g*h)", "", "", "hessian h", "-g/(2*h*sqrt(2*g*h))"),
    ("atan(y/x)", "", "", "gradient x", "-y/(x^2 + y^2)"),
    ("(x^2*z*y)^(3/2)", "", "", "gradient x", "3*x*z*y*sqrt(x^2*z*y)"),
    ("((coth(y) + 1000000007*q)^2)^(3/2)", "", "q >= 0", "gradient q", "3000000021*abs(coth(y) + 1000000007*q)*(coth(y) + 1000000007*q)"),
    ("acos(sech(x/z))*y", "", "", "gradient x", "y*tanh(x/z)/(z*abs(sinh(x/z)))"),
    ("where(c, x, sqrt(x))*2", "", "", "gradient c", "0"),
    ("x + 5*(3 - z)/x", "", "", "gradient x", "1 - 5*(3 - z)/x^2"),
    ("sqrt((1 - x)/x^2)*abs(x)", "", "", "gradient x", "-1/(2*sqrt(1 - x))"),
    // Term by term, factors and quotients of the text where they are, by the product rule or by the logarithm.
    ("4*r^2/a^3*exp(-2*r/a)", "", "", "gradient r", "8*r/a^3*(1 - r/a)*exp(-2*r/a)"),
    ("-w*x/(24*E*I)*(L^3 - 2*L*x^2 + x^3)", "", "", "gradient x", "-w/(24*E*I)*(L^3 - 6*L*x^2 + 4*x^3)"),
    ("s/(2*c)*(sqrt(z^2 + R^2) - z)", "", "", "gradient z", "s/(2*c)*(z/sqrt(z^2 + R^2) - 1)"),
    ("G/(4*m)*(R^2 - r^2 + (R^2 - a^2)*log(r/R)/log(R/a))", "", "", "gradient r", "G/(4*m)*((R^2 - a^2)/(r*log(R/a)) - 2*r)"),
    ("x/N*log(x) + (1 - x)*log(1 - x) + c*x*(1 - x)", "", "", "gradient x", "(log(x) + 1)/N - log(1 - x) - 1 + c*(1 - 2*x)"),
    ("2*h*c^2/(L^5*(exp(h*c/(L*k*T)) - 1))", "", "", "gradient L", "2*h*c^2/(L^6*(exp(h*c/(L*k*T)) - 1)^2)*(5 + (h*c/(L*k*T) - 5)*exp(h*c/(L*k*T)))"),
    ("2*pi*sqrt((k^2 + h^2)/(g*h))", "", "g > 0,h > 0", "gradient h", "pi*(h^2 - k^2)/(h*sqrt(g*h*(k^2 + h^2)))"),
    ("a*A*sqrt(2*P/(d*(A^2 - a^2)))", "", "P > 0,d > 0,a > 0,A > 0", "gradient a", "A^3*sqrt(2*P/d)/(A^2 - a^2)^(3/2)"),
    ("A*K^a*L^(1 - a)", "", "K > 0,L > 0", "gradient K", "A*a*(K/L)^(a - 1)"),
    ("Q/(4*pi*a*t)^(3/2)*exp(-r^2/(4*a*t))", "", "a > 0,t > 0", "gradient t", "Q/(4*pi*a*t)^(3/2)*(r^2/(4*a*t^2) - 3/(2*t))*exp(-r^2/(4*a*t))"),
    ("G/(2*pi*r)*(1 - exp(-r^2/(4*n*t)))", "", "", "gradient r", "G/(4*pi*n*t)*exp(-r^2/(4*n*t)) - G/(2*pi*r^2)*(1 - exp(-r^2/(4*n*t)))"),
    ("Is*(1 - V/Vp)^2", "", "", "gradient V", "-2*Is/Vp*(1 - V/Vp)"),
    ("-(1 - p)^g*log(p)", "", "", "gradient p", "g*(1 - p)^(g - 1)*log(p) - (1 - p)^g/p"),
    ("-g*exp(-m*r)/r", "", "", "gradient r", "g/r*exp(-m*r)*(m + 1/r)"),
    ("s*k^a - (n + g + d)*k", "", "", "gradient k", "s*a*k^(a - 1) - (n + g + d)"),
    ("y*(w*x + b) - log(1 + exp(w*x + b))", "", "", "gradient w", "(y - sigmoid(w*x + b))*x"),
    ("n/2*log(det(P)) - n/2*trace(S@P)", "P[k,k], S[k,k]", "P symmetric,S symmetric", "gradient P", "n/2*(inv(P) - S)"),
    ("norm2(x - W@W'@x)^2", "x[n], W[n,k]", "", "gradient W", "2*(outer(W @ W' @ x, W' @ x) - outer(x, W' @ (2*x - W @ W' @ x)))"),
    // One before a quotient, waves behind what decays, names before brackets, the text's differences and quotients.
    ("k*T/h*exp(-G/(R*T))", "", "", "gradient T", "k/h*(1 + G/(R*T))*exp(-G/(R*T))"),
    ("A*exp(-b*t)*cos(w*t + p)", "", "", "gradient t", "-A*exp(-b*t)*(b*cos(w*t + p) + w*sin(w*t + p))"),
    ("exp(a*x)/(a^2 + b^2)*(a*sin(b*x) - b*cos(b*x))", "", "", "gradient x", "exp(a*x)*sin(b*x)"),
    ("C/y*(1 - (1 + y)^(-n)) + F*(1 + y)^(-n)", "", "", "gradient y", "-C/y^2*(1 - (1 + y)^(-n)) - n*(F - C/y)*(1 + y)^(-n - 1)"),
    ("p*log(1 + b*f) + (1 - p)*log(1 - f)", "", "", "gradient f", "p*b/(1 + b*f) - (1 - p)/(1 - f)"),
    ("a*cosh(x/a)", "", "", "gradient a", "cosh(x/a) - x/a*sinh(x/a)"),
    ("p/x - (a + b/x)*log(c*(a + b/x)^p)/b", "", "", "gradient b", "(a*log(c*(a + b/x)^p) - b*p/x)/b^2"),
    ("b^a/gamma(a)*x^(-a - 1)*exp(-b/x)", "", "", "gradient x", "b^a/gamma(a)*x^(-a - 3)*exp(-b/x)*(b - (a + 1)*x)"),
    ("K*exp(sqrt(t) - r*t)", "", "", "gradient t", "K*exp(sqrt(t) - r*t)*(1/(2*sqrt(t)) - r)"),
    // The text's sums first, also of arrays, and what has no name of its own by softmax.
    ("norm2(sigmoid(W@x + b) - y)^2/2", "W[m,n], x[n], b[m], y[m]", "", "gradient b", "(sigmoid(W @ x + b) - y)*sigmoid(W @ x + b)*(1 - sigmoid(W @ x + b))"),
    ("log(sum(exp(x)))", "x[n]", "", "hessian x", "diag(softmax(x)) - outer(softmax(x), softmax(x))"),
    ("log(sum(exp(A@x)))", "A[m,n], x[n]", "", "hessian x", "A' @ (diag(softmax(A @ x)) - outer(softmax(A @ x), softmax(A @ x))) @ A"),
    // Hessians of what is added up entry by entry.
    ("sum(exp(w)*w)", "w[n]", "", "hessian w", "diag((w + 2)*exp(w))"),
    ("sum(sqrt(1 + w^2))", "w[n]", "", "hessian w", "diag(1/(1 + w^2)^(3/2))"),
    ("sum(log(1 + exp(w)))", "w[n]", "", "hessian w", "diag(sigmoid(w)*sigmoid(-w))"),
    ("log(1 + exp(a*x))", "", "", "hessian x", "a^2*sigmoid(a*x)*sigmoid(-a*x)"),
    ("sum(log(1 + exp(X@w))) - y'@X@w", "X[m,n], w[n], y[m]", "", "hessian w", "X' @ diag(sigmoid(X @ w)*sigmoid(-X @ w)) @ X"),
    ("exp(w)*w + w^3", "w[n]", "", "jacobian w", "diag((w + 1)*exp(w) + 3*w^2)"),
    // Differences stay differences, and the text's own ones have its sign.
    ("exp(-norm2(x - y)^2/(2*s^2))", "x[n], y[n]", "", "hessian x", "exp(-norm2(x - y)^2/(2*s^2))*(outer(x - y, x - y)/s^4 - eye(n)/s^2)"),
    ("-log(1 - x' @ x)", "x[n]", "", "hessian x", "2*eye(n)/(1 - x' @ x) + 4*outer(x, x)/(1 - x' @ x)^2"),
    ("(u' @ w - r)/sqrt(w' @ S @ w)", "u[n], w[n], S[n,n]", "S symmetric", "gradient w", "u/sqrt(w' @ S @ w) - (u' @ w - r)*S @ w/(w' @ S @ w)^(3/2)"),
    ("p' @ x/(4*pi*k*norm2(x)^3)", "p[n], x[n]", "", "gradient x", "(p/norm2(x)^3 - 3*(p' @ x)*x/norm2(x)^5)/(4*pi*k)"),
    ("1/sqrt(det(2*pi*S))*exp(-(x - u)' @ inv(S) @ (x - u)/2)", "S[n,n], x[n], u[n]", "S symmetric", "hessian x", "exp(-(x - u)' @ inv(S) @ (x - u)/2)*(inv(S) @ outer(x - u, x - u) @ inv(S) - inv(S))/sqrt(det(2*pi*S))"),
    // The text's sums with fractions, and its roots of products.
    ("S/2*erf((log(S/K) + (r + s^2/2)*T)/(s*sqrt(2*T))) - K/2*exp(-r*T)*erf((log(S/K) + (r - s^2/2)*T)/(s*sqrt(2*T)))", "", "S > 0,K > 0,T > 0,s > 0", "gradient s", "S*sqrt(T/(2*pi))*exp(-(log(S/K) + (r + s^2/2)*T)^2/(2*s^2*T))"),
    ("log(1 + (g - 1)/2*M^2)", "", "", "gradient M", "(g - 1)*M/(1 + (g - 1)*M^2/2)"),
    ("R^2*acos((R - h)/R) - (R - h)*sqrt(2*R*h - h^2)", "", "R > 0,h > 0", "gradient h", "2*sqrt(h*(2*R - h))"),
    // A high power stands behind the bar, with sums below that, too.
    ("10^(A - B/(C + T))", "", "", "gradient T", "B*log(10)/(C + T)^2*10^(A - B/(C + T))"),
    ("exp(-1/(1 - x^2))", "", "", "gradient x", "-2*x/(1 - x^2)^2*exp(-1/(1 - x^2))"),
    ("(s/(n + g + d))^(a/(1 - a))", "", "s > 0,n > 0,g > 0,d > 0,a > 0", "gradient s", "a/(s*(1 - a))*(s/(n + g + d))^(a/(1 - a))"),
    ("-w*x/(24*E*I)*(L^3 - 2*L*x^2 + x^3)", "", "", "hessian x", "w*x*(L - x)/(2*E*I)"),
    // A logarithm of a quotient, and the order of terms of which one has no function in it.
    ("R*T/F*log((K + a*N)/(L + a*M))", "", "", "gradient a", "R*T/F*(N/(K + a*N) - M/(L + a*M))"),
    ("b*h*w/2 + log(1 - exp(-b*h*w))", "", "", "gradient b", "h*w/2 + h*w/(exp(b*h*w) - 1)"),
    ("exp(-norm2(x - y)^2/(2*s^2))", "x[n], y[n]", "", "gradient s", "norm2(x - y)^2/s^3*exp(-norm2(x - y)^2/(2*s^2))"),
    // A product without a bracket is easier to read, and shows where it is 0.
    ("cos(x)^3", "", "", "gradient x", "-3*cos(x)^2*sin(x)"),
    ("tan(a*x)^2", "", "", "gradient x", "2*a*tan(a*x)*sec(a*x)^2"),
    ("tan(x)", "", "", "gradient x", "sec(x)^2"),
    ("sin(x)*cos(x)", "", "", "gradient x", "cos(x)^2 - sin(x)^2"),
    ("x^2/(1 + x^4)", "", "", "gradient x", "2*x*(1 - x^4)/(1 + x^4)^2"),
    ("x^2*exp(-x^2)", "", "", "gradient x", "2*x*(1 - x^2)*exp(-x^2)"),
    // Products of entries, where none is 0.
    ("prod(x)^(1/n)", "x[n]", "x > 0", "gradient x", "prod(x)^(1/n)/(n*x)"),
    ("prod(x)^(1/n)", "x[n]", "x > 0", "hessian x", "prod(x)^(1/n)*(outer(1/x, 1/x)/n^2 - diag(1/x^2)/n)"),
    ("log(prod(x))", "x[n]", "x > 0", "gradient x", "1/x"),
    // Assumptions and numbers.
    ("x*floor(n) + x*cos(2*pi*n) + x*sin(pi*n)", "", "n integer", "gradient x", "n + 1"),
    ("(x^2)^n", "", "n integer", "gradient x", "2*n*x^(2*n - 1)"),
    ("2e-30*x^2", "", "", "gradient x", "4e-30*x"),
    // A map that is iterated stays one.
    ("a = 4*x*(1-x); b = 4*a*(1-a); c = 4*b*(1-b); d = 4*c*(1-c); g = 4*d*(1-d); 4*g*(1-g)", "", "", "gradient x", "4096*(2*a - 1)*(2*b - 1)*(2*c - 1)*(2*d - 1)*(2*g - 1)*(2*x - 1)"),
    // The text's sums without brackets stay such, and a polynomial is one from either end.
    ("exp(a*x^2 + b*x + c)", "", "", "gradient x", "(2*a*x + b)*exp(a*x^2 + b*x + c)"),
    ("1/(x^2 - 6*x + 2)", "", "", "gradient x", "2*(3 - x)/(x^2 - 6*x + 2)^2"),
    ("atan(x^2 + a*x + 1)", "", "", "gradient x", "(2*x + a)/(1 + (x^2 + a*x + 1)^2)"),
    ("(x^3 - 6*x^2 - 3)/(x^2 + 1)^2", "", "", "gradient x", "x^2*(3 + 12*x - x^2)/(x^2 + 1)^3"),
    ("(x^2 + x - 2)/(x^3 + 6)", "", "", "gradient x", "(6 + 12*x + 6*x^2 - 2*x^3 - x^4)/(x^3 + 6)^2"),
    // What stands for a network's output is the hyperbolic tangent of a name or a sum of names.
    ("tan(x)^3", "", "", "gradient x", "3*tan(x)^2*sec(x)^2"),
    ("sqrt(m*g/k)*tanh(sqrt(g*k/m)*t)", "", "m > 0, g > 0, k > 0", "gradient t", "g*sech(sqrt(g*k/m)*t)^2"),
    ("tanh(a*x + b)", "", "", "gradient x", "a*(1 - tanh(a*x + b)^2)"),
    // Of sums with a positive number in common both are positive where their product has a root.
    ("atan(sqrt((1 - x)/(1 + x)))", "", "", "gradient x", "-1/(2*sqrt(1 - x^2))"),
    ("f*sqrt((1 + b)/(1 - b))", "", "", "gradient b", "f/((1 - b)*sqrt(1 - b^2))"),
    ("acosh(x)", "", "", "gradient x", "1/(sqrt(x - 1)*sqrt(x + 1))"),
    // What stands between inverses is one matrix.
    ("a' @ inv(X) @ b", "X[n,n], a[n], b[n]", "", "gradient X", "-inv(X)' @ outer(a, b) @ inv(X)'"),
    ("-log(det(S))/2 - (x - u)' @ inv(S) @ (x - u)/2", "S[n,n], x[n], u[n]", "S symmetric", "gradient S", "(inv(S) @ outer(x - u, x - u) @ inv(S) - inv(S))/2"),
    // Sums with a root meet their conjugates.
    ("l/(4*pi*k)*log((sqrt(z^2 + L^2) + L)/(sqrt(z^2 + L^2) - L))", "", "", "gradient z", "-l*L/(2*pi*k*z*sqrt(z^2 + L^2))"),
    ("log((2*x + b - sqrt(b^2 - 4*c))/(2*x + b + sqrt(b^2 - 4*c)))", "", "", "gradient x", "sqrt(b^2 - 4*c)/(x^2 + b*x + c)"),
    // The text's divisors, under even powers in their own sign, too.
    ("1/(a + k*(1 - cos(q)))", "", "", "gradient q", "-k*sin(q)/(a + k*(1 - cos(q)))^2"),
    ("E/(1 + E/(m*c^2)*(1 - cos(q)))", "", "", "gradient q", "-E^2*m*c^2*sin(q)/(m*c^2 + E*(1 - cos(q)))^2"),
    // The text's sums stay as they are in arguments and below the bar; functions stand where the text's of their angles do.
    ("tan(x^2 + 4*x)", "", "", "gradient x", "2*(x + 2)*sec(x^2 + 4*x)^2"),
    ("(3*x^3 + 1)/(x^2 + 5*x)", "", "", "gradient x", "(3*x^4 + 30*x^3 - 2*x - 5)/(x^2 + 5*x)^2"),
    ("1/(1 + x + x^2 + x^3)", "", "", "gradient x", "-(1 + 2*x + 3*x^2)/(1 + x + x^2 + x^3)^2"),
    ("sin(x)*cos(y)", "", "", "gradient x", "cos(x)*cos(y)"),
    ("cosh(3*x)*sinh(4*x)", "", "", "gradient x", "3*sinh(3*x)*sinh(4*x) + 4*cosh(3*x)*cosh(4*x)"),
    ("sin(cos(x))", "", "", "gradient x", "-sin(x)*cos(cos(x))"),
    ("exp(sin(x)^2)", "", "", "gradient x", "2*sin(x)*cos(x)*exp(sin(x)^2)"),
    // Squares that a relation hides.
    ("2*sin(x)*cos(x)", "", "", "gradient x", "2*(cos(x)^2 - sin(x)^2)"),
    ("tan(x)^2 - tan(x^2)", "", "", "gradient x", "2*(tan(x)*sec(x)^2 - x*sec(x^2)^2)"),
    // What is left of a sum that a power goes into; no square is completed that the text has not; nothing is divided twice.
    ("(3*x^2 + 5)/(2 - x)", "", "", "gradient x", "17/(2 - x)^2 - 3"),
    ("1 + 1/x + 1/x^2 + 1/x^3", "", "", "gradient x", "-(3 + 2*x + x^2)/x^4"),
    ("exp(3*x)/(1 + x^2)", "", "", "gradient x", "exp(3*x)*(3 - 2*x + 3*x^2)/(1 + x^2)^2"),
    // A power with the variable in base and exponent, by its logarithm; two roots of which one is always there.
    ("(x^2 + 1)^sin(x)", "", "", "gradient x", "(x^2 + 1)^sin(x)*(cos(x)*log(x^2 + 1) + 2*x*sin(x)/(x^2 + 1))"),
    ("(1 + 1/x)^x", "", "", "gradient x", "(1 + 1/x)^x*(log(1 + 1/x) - 1/(1 + x))"),
    ("acosh(2*x^2)", "", "", "gradient x", "4*x/sqrt(4*x^4 - 1)"),
    ("(x + x^3)^(1/3)", "", "", "gradient x", "(3*x^2 + 1)/(3*(x + x^3)^(2/3))"),
    // Polynomials of one name are multiplied out where that is as short, unless the text has the bracket, or where it is one.
    ("x^3 - 3*x", "", "", "gradient x", "3*x^2 - 3"),
    ("(2 - 3*x)^2", "", "", "gradient x", "-6*(2 - 3*x)"),
    ("x^4/4 + x^3/3 + x^2/2 + x", "", "", "gradient x", "x^3 + x^2 + x + 1"),
];

/// `A[n,n], x[n]`
fn shapes(text: &str) -> Vec<(&str, Vec<&str>)> {
    let items = text.split("],").map(|item| item.trim().trim_end_matches(']')).filter(|item| !item.is_empty());
    items.map(|item| item.split_once('[').map(|(name, dims)| (name, dims.split(',').collect())).unwrap()).collect()
}

/// `x > 0, n integer`
fn assumptions(text: &str) -> Vec<(&str, Assumptions)> {
    text.split(',').filter(|a| !a.is_empty()).map(|a| assumption(a).unwrap()).collect()
}

fn printed(&(formula, shape, assume, what, _): &Row) -> (String, Vec<String>) {
    let shapes = shapes(shape);
    let assumptions = assumptions(assume);
    let scope = Scope { shapes: &shapes, assumptions: &assumptions, ..Scope::default() };
    let mut session = Session::parse(formula, &scope).unwrap();
    let (kind, name) = what.split_once(' ').unwrap();
    let request =
        Request { kind: DerivativeKind::named(kind).unwrap(), wrt: &[name.to_string()], ..Request::default() };
    let answer = session.answer(&request).unwrap();
    let text = answer.lines.last().and_then(|line| line.split_once(" = ")).unwrap().1.to_string();
    (text, answer.notes)
}

#[test]
fn derivatives_are_printed_as_textbooks_do() {
    for row in PRINTED {
        assert_eq!(printed(row).0, row.4, "{} {}", row.3, row.0);
    }
}

/// Black and Scholes' call: the two densities, whose exponents differ by a logarithm, cancel (Black, Scholes 1973).
#[test]
fn densities_cancel_whose_exponents_differ_by_a_logarithm() {
    let (first, second) = ("(log(S/K) + (r + s^2/2)*T)/(s*sqrt(2*T))", "(log(S/K) + (r - s^2/2)*T)/(s*sqrt(2*T))");
    let call = wrt::parse(&format!("S/2*(1 + erf({first})) - K/2*exp(-r*T)*(1 + erf({second}))")).unwrap();
    for (name, expected) in [
        ("S", format!("(1 + erf({first}))/2")),
        ("K", format!("-exp(-r*T)*(1 + erf({second}))/2")),
        ("r", format!("K*T*exp(-r*T)*(1 + erf({second}))/2")),
    ] {
        assert_eq!(call.diff(name).unwrap().to_string(), expected);
    }
    // By way of d, by which the derivative is 0: that is written nowhere.
    let text = "d = (log(S/K) + (r + s^2/2)*T)/(s*sqrt(T)); c = d - s*sqrt(T); \
                S*(1 + erf(d/sqrt(2)))/2 - K*exp(-r*T)*(1 + erf(c/sqrt(2)))/2";
    let mut session = Session::parse(text, &Scope::default()).unwrap();
    let names = ["r", "K"].map(str::to_string);
    let request = Request { kind: DerivativeKind::named("gradient").unwrap(), wrt: &names, ..Request::default() };
    let lines = session.answer(&request).unwrap().lines;
    let shown = |name: &str| lines.iter().find(|line| line.starts_with(&format!("∂J/∂{name} = "))).cloned();
    assert_eq!(shown("r").as_deref(), Some("∂J/∂r = K*T*exp(-r*T)*(1 + erf(c/sqrt(2)))/2"), "{lines:?}");
    assert_eq!(shown("K").as_deref(), Some("∂J/∂K = -exp(-r*T)*(1 + erf(c/sqrt(2)))/2"), "{lines:?}");
}

/// Jacobians by `vec(X)`, as in Magnus and Neudecker.
#[test]
fn jacobians_of_stacked_columns_are_kronecker_products() {
    let names: [(&str, &[&str]); 4] = [("A", &["p", "m"]), ("X", &["m", "n"]), ("B", &["n", "q"]), ("Y", &["n", "n"])];
    let shapes: Vec<(&str, Vec<&str>)> = names.iter().map(|(name, dims)| (*name, dims.to_vec())).collect();
    for (formula, expected, latex) in [
        ("jacobian(vec(A @ X @ B), vec(X))", "kron(B', A)", r"\left(\left(B^{\top}\right) \otimes A\right)"),
        ("jacobian(vec(A @ X), vec(X))", "kron(eye(n), A)", r"\left(I_{n} \otimes A\right)"),
        ("jacobian(vec(inv(Y)), vec(Y))", "-kron(inv(Y)', inv(Y))", ""),
        ("vec(A @ X)", "vec(A @ X)", r"\mathrm{vec}\left(A X\right)"),
    ] {
        let mut session = Session::parse(formula, &Scope { shapes: &shapes, ..Scope::default() }).unwrap();
        let simple = session.simplify(session.document().root()).id;
        assert_eq!(session.print(simple, Form::Text).line(), expected);
        if !latex.is_empty() {
            assert_eq!(session.print(simple, Form::Latex).line(), latex);
        }
    }
}

#[test]
fn notes_obey_assumptions() {
    let row = |assume: &'static str| -> Row { ("x^2/x", "", assume, "gradient x", "") };
    assert_eq!(printed(&row("")).1, ["x may also be 0"]);
    assert_eq!(printed(&row("x != 0")).1, [""; 0]);
    let row = |assume: &'static str| -> Row { ("(x - 2)^2/(x - 2)", "", assume, "gradient x", "") };
    assert_eq!(printed(&row("x > 2")).1, [""; 0]);
    assert_eq!(printed(&row("x < 1")).1, [""; 0]);
    assert_eq!(printed(&row("x >= 2")).1.len(), 1);
}

#[test]
fn sums_have_the_sign_that_bounds_of_their_names_give_them() {
    for (text, assume, expected) in [
        ("sqrt((x - 2)^2)", "x > 2", "x - 2"),
        ("sqrt((x - 2)^2)", "x >= 1", "abs(x - 2)"),
        ("abs(1 - p)", "0 < p < 1", "1 - p"),
        ("sqrt((2*x - 1)^2) + abs(x - 1)", "x > 2", "3*x - 2"),
        ("sqrt((2*x - 1)^2) + abs(x - 1)", "0 < x < 1/2", "2 - 3*x"),
        ("abs(x + y + 1)", "x > 0, y >= -1", "x + y + 1"),
        ("sqrt((2 + sin(x))^2)", "", "2 + sin(x)"),
        ("sqrt((3/10 - x)^2)", "x <= 0.3", "0.3 - x"),
    ] {
        let assumptions = assumptions(assume);
        let mut session = Session::parse(text, &Scope { assumptions: &assumptions, ..Scope::default() }).unwrap();
        let simple = session.simplify(session.document().root());
        assert_eq!(session.print(simple.id, Form::Text).line(), expected, "{text} with {assume}");
        assert_eq!(simple.notes, [""; 0], "{text} with {assume}");
    }
}

/// Antiderivatives, and what a person would write for their derivatives.
const INTEGRALS: &[(&str, &str)] = &[
    ("2*atan((b + a*tan(x/2))/sqrt(a^2 - b^2))/sqrt(a^2 - b^2)", "1/(a + b*sin(x))"),
    ("x - 2*atan(tan(x/2)/sqrt(3))/sqrt(3)", "(1 + cos(x))/(2 + cos(x))"),
    ("tan(x/2) - 2/(1 + tan(x/2)^2)", "(1 + sin(x)*(1 + cos(x)))/(1 + cos(x))"),
    ("log(tan(x/2) + 3) - log(3*tan(x/2) + 1)", "4/(-5 - 3*sin(x))"),
    ("tan(x)^3/3 + tan(x)", "sec(x)^4"),
    (
        "-cos(x)/a^2 - cos(x)^2/(2*a*b) - log(sin(x) + 1) + log(sec(x) + tan(x))",
        "sin(x)/a^2 + sin(x)*cos(x)/(a*b) + sin(x)/cos(x)",
    ),
    ("sqrt(a + b*sin(x))^3", "3*b*cos(x)*sqrt(a + b*sin(x))/2"),
    ("-2*sqrt(c/tan(x))/c", "1/(sin(x)^2*sqrt(c/tan(x)))"),
    ("2*atan(sqrt((1 - x)/(1 + x)))", "-1/sqrt(1 - x^2)"),
    (
        "(1 - sqrt((1 - a*x)/(1 + a*x)))/(1 + sqrt((1 - a*x)/(1 + a*x)))",
        "2*a/(sqrt((1 - a*x)/(1 + a*x))*(1 + a*x)^2*(1 + sqrt((1 - a*x)/(1 + a*x)))^2)",
    ),
    ("2*atan(sqrt(a + b*x)/sqrt(c - b*x))/b", "1/(sqrt(a + b*x)*sqrt(c - b*x))"),
    ("atanh((2*a + b*x)/(2*sqrt(a)*sqrt(a + b*x + c*x^2)))/sqrt(a)", "-1/(x*sqrt(a + b*x + c*x^2))"),
    ("x*acsc(c*x) + atanh(sqrt(c^2*x^2 - 1)/sqrt(c^2*x^2))/c", "acsc(c*x)"),
    ("(a + b*tan(x))^5/5", "sec(x)^2*(a + b*tan(x))^4"),
];

/// The names, numbers and operators.
fn tokens(text: &str) -> usize {
    let mut count = 0;
    let mut before = ' ';
    for c in text.chars() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        count += usize::from(word(c) && !word(before) || "+-*/^".contains(c));
        before = c;
    }
    count
}

#[test]
fn derivatives_of_antiderivatives_are_as_long_as_integrands() {
    let (mut all, mut book, mut within) = (0, 0, 0);
    for (antiderivative, integrand) in INTEGRALS {
        let (text, _) = printed(&(antiderivative, "", "", "gradient x", ""));
        let (own, theirs) = (tokens(&text), tokens(integrand));
        println!("{own} {theirs} {text}   {integrand}");
        (all, book, within) = (all + own, book + theirs, within + usize::from(own <= 2 * theirs));
    }
    assert!(5 * all <= 7 * book, "{all} tokens, {book} in the book");
    assert!(10 * within >= 9 * INTEGRALS.len(), "{within} within twice the length");
}
